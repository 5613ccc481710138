/** What a browser shows of an address that leads nowhere. Links are relative, for a proxy may have put a path before ours. */
export function noSuchPage(path: string): string {
  const home = '../'.repeat(path.split('/').length - 2) || './'
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>No such page – Tracefold</title>
    <link rel="stylesheet" href="${home}ui.css">
  </head>
  <body>
    <header class="bar"><h1><a href="${home}">Tracefold</a></h1></header>
    <main class="reading">
      <h2>There is no such page</h2>
      <p>See the <a href="${home}">errors</a>, the <a href="${home}alerts.html">alerts</a>, the <a href="${home}patterns.html">patterns</a> or the <a href="${home}docs">API docs</a>.</p>
    </main>
  </body>
</html>
`
}
