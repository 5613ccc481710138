/**
 * Text -> the same text without keys that are known by how they begin, whatever stands before them: `[redacted:key]`. Those are what vendors hand
 * out with a prefix of their own, addresses that are keys themselves (a webhook, a signed link), and private keys in PEM. Pure; linear.
 */

/** A prefix and, behind it, more than any word has. Case counts. */
const PREFIXED = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    /gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}/, // GitHub
    /gl(?:pat|dt|rt|ptt|ft|soat|cbt|imt|oas|agent)-[\w-]{20,}/, // GitLab
    /A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])/, // AWS
    /AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}/, // Google
    /xox[abeoprs]-(?=[A-Za-z0-9-]*\d)[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}/, // Slack
    /[prs]k_(?:live|test)_(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}/, // Stripe
    /sk-(?:[A-Za-z0-9]{32,}|(?:proj|svcacct|admin|ant|or)-[\w-]{32,})|hf_[A-Za-z0-9]{30,}/, // OpenAI and Anthropic, Hugging Face
    /npm_[A-Za-z0-9]{30,}|pypi-[\w-]{50,}|dckr_pat_[\w-]{20,}/, // npm, PyPI, Docker
    /SG\.(?=[\w.-]*\d)[\w-]{16,}\.[\w-]{16,}|SK[0-9a-f]{32}(?![A-Za-z0-9])/, // SendGrid, Twilio
    /hv[bs]\.[\w-]{20,}|dapi[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{40,}|gl(?:sa|c)_[\w+/=-]{30,}/, // Vault, Databricks, DigitalOcean, Grafana
    /shp(?:at|ca|pa|ss)_[0-9a-f]{32}|[0-9]{8,12}:AA[\w-]{33}(?![\w-])/, // Shopify, Telegram
  ]
    .map(({ source }) => source)
    .join('|')})`,
  'g',
)
const ADDRESS =
  /(hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=)[\w%+/=-]+/g
/** Up to its end, in which lines may be escaped; of one that was cut, what is Base64. Between two rows of dashes each character is looked at once. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^-]*(?:-(?!----)[^-]*)*-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\+[nr])*[A-Za-z0-9+/=]{40,})+(?:(?:\s|\\+[nr])*[A-Za-z0-9+/=]+)?)/g

/** Without one of these there is no key. */
export const VENDOR_KEY_CLUE =
  /gh[oprsu]_|_pat_|gl[a-z]{1,5}[-_]|A(?:KI|SI|BI|CC)A|AIza|ya29|GOCSPX|xox|xapp-|[prs]k[_-]|whsec_|hf_|npm_|pypi-|SG\.|SK[0-9a-f]{9}|hv[bs]\.|dapi|do[opr]_v1|shp[acps]|\d:AA|hooks\.slack|webhooks|[?&](?:sig|X-)|BEGIN /

export function withoutVendorKeys(text: string): string {
  return text.replace(PRIVATE_KEY, '[redacted:key]').replace(ADDRESS, '$1[redacted:key]').replace(PREFIXED, '[redacted:key]')
}
