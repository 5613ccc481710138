import { describe, expect, it } from 'vitest'
import { comparable, messageKey } from '../../../src/fingerprint/mask.ts'

describe('a message key', () => {
  it.each([
    ['numbers', 'order 42 failed after 1234 ms', 'order <*> failed after <*>'],
    ['a uuid', 'session 662949c0-22dc-4996-a839-32495ce0bbca gone', 'session <*> gone'],
    ['a url', 'GET http://shop:8080/o?id=7 failed', 'GET <*> failed'],
    ['quoted text', `no field "delta" in 'house' or \`x\``, 'no field <*> in <*> or <*>'],
    ['an apostrophe is no quote', "can't open user's file", "can't open user's file"],
    ['a path', 'cannot read /var/lib/x.dat now', 'cannot read <*> now'],
    ['a Windows path', 'cannot read C:\\data\\x.dat now', 'cannot read <*> now'],
    ['a path from here', 'cannot load ./x/run or ~/run, or ../run', 'cannot load <*> or <*>, or <*>'],
    ['an alternative is no path', 'no reads and/or writes', 'no reads and/or writes'],
    ['a place in a document', 'expected a name at path $.orders[0].id, got path $', 'expected a name at path <*>, got path <*>'],
    ['a hardware address without a decimal digit', 'chip FF:EA:DC:AB:CD:EF is gone', 'chip <*> is gone'],
    ['an address', 'Connection refused: /10.2.3.4:3306', 'Connection refused: <*>'],
    ['values', 'range{start=1, end=abc}, user=', 'range{<*>}, user=<*>'],
    ['a host', 'proxy.acme.example.com is down', '<*> is down'],
    ['a host without a dot, with a port', 'kafka:9092 is down', '<*> is down'],
    ['a label with a number is no host', 'code:500 at line:12', 'code:<*> at line:<*>'],
    [
      'a label with a long number is no host',
      'order:1000 at line:1200 <memory:1024, vCores:1>',
      'order:<*> at line:<*> <memory:<*>, vCores:<*>>',
    ],
    ['a host without a dot, with any port, where words say so', 'cannot connect to postgres:15432', 'cannot connect to <*>'],
    ['states of a transition', 'task switched from RUNNING to FAILED', 'task switched from <*> to <*>'],
    ['a state that is named', 'cannot start in state FAILED, status: NOT_READY', 'cannot start in state <*>, status: <*>'],
    ['a state that is explained', 'notified: LOOKING (my state), FOLLOWING (n.state)', 'notified: <*> (my state), <*> (n.state)'],
    [
      'who a user is',
      'no session for user anna here, invalid user bob from 10.0.0.1',
      'no session for user <*> here, invalid user <*> from <*>',
    ],
    ['what is wrong with a user', 'invalid user input', 'invalid user input'],
    ['literals of numbers', 'ratio NaN, limit -Infinity, max ∞', 'ratio <*>, limit <*>, max <*>'],
    ['a type that a value has', 'cannot convert to int from String', 'cannot convert to <*> from <*>'],
    ['a type name as a word', 'it took too long', 'it took too long'],
    ['a host with a port', 'github.com:443 is down', '<*> is down'],
    ['a call is not a host', 'a.b.run() failed', 'a.b.run() failed'],
    ['a date', 'since Mon Jul 18 03:26:49 2005', 'since <*>'],
    ['a list', 'missing 1, 2, 3 and 4', 'missing <*> and <*>'],
    ['brackets', 'topics [orders-1, orders-2] gone', 'topics [<*>] gone'],
    ['a remark with nothing but data', 'sent 3045 bytes (3 KB) to it', 'sent <*> bytes to it'],
    ['names of tables and groups', 'lag of rt_shanghai is high', 'lag of <*> is high'],
    ['an answer in snake case stays', 'login: invalid_grant', 'login: invalid_grant'],
    ['known words with digits stay', 'not valid utf-8 in sha256', 'not valid utf-8 in sha256'],
    ['a leading error code stays', 'E1001 order 42 failed', 'E1001 order <*> failed'],
    ['a leading code in brackets stays', '[BIZ-204] order 42', '[BIZ-204] order <*>'],
    ['a request keeps its method', '"GET /a/b HTTP/1.1" status: 500', 'GET <*> status: <*>'],
    ['script without spaces', '订单123失败', '订单<*>失败'],
    ['the first line only', '\nfirst 1\nsecond', 'first <*>'],
    ['a list of words', 'topics [orders, payments] gone', 'topics [<*>] gone'],
    ['a remark in brackets', 'closed [preauth]', 'closed [preauth]'],
    ['fields within fields', 'Token{a1 Record{b2 [x, y]} t3} is gone', 'Token{<*>} is gone'],
    ['holes of a template', 'order {} failed: {}', 'order {} failed: {}'],
    ['a truth', 'isOpen: true, was false', 'isOpen: <*>, was <*>'],
    ['an IPv6 address', 'no route to 2001:db8::cafe now', 'no route to <*> now'],
    ['an IPv6 address with a port', 'Connection refused: /[2001:db8:0:1::beef]:9092', 'Connection refused: <*>'],
    ['two colons are no address', 'Driver::wake failed', 'Driver::wake failed'],
    ['an account', 'Login failed for anna: locked', 'Login failed for <*>: locked'],
    ['an account at a door', 'Failed password for root from 10.0.0.1 port 22', 'Failed password for <*> from <*> port <*>'],
    ['whose password it is', 'wrong password for the account', 'wrong password for the account'],
    ['an address of mail', 'no answer from jane@example.com yet', 'no answer from <*> yet'],
    ['the name of an exception', 'caught java.io.IOException: closed', 'caught java.io.IOException: closed'],
    ['a name in snake case that is called', 'check_disk() failed', 'check_disk() failed'],
    ['French quotes', 'no field «prix»', 'no field <*>'],
    ['what Java 8 says twice', 'Connection refused (Connection refused)', 'Connection refused'],
    ['nothing', '', ''],
    ['a time, with and without milliseconds', 'at 10:00:00.123 and at 10:00:00', 'at <*> and at <*>'],
    ['a duration as a clock shows it', 'took 00:00:31.5', 'took <*>'],
    ['quotes that touch', 'no "x""y" here', 'no <*> here'],
    ['what is redacted within an address', 'GET https://joe:[redacted:password]@api/orders/abc failed', 'GET <*> failed'],
    ['what is redacted', 'mail [redacted:email] to user=[redacted:email]', 'mail <*> to user=<*>'],
    ['a list within fields', 'cannot save Order(id=1, items=[a, b], by=John Smith)', 'cannot save Order(<*>)'],
    ['fields within fields in round brackets', 'bad Order(id=1, items=[Item(name=a, of=(b))])', 'bad Order(<*>)'],
    ['a list that is assigned', 'topics=[orders, payments] gone', 'topics=<*> gone'],
    ['a map that is assigned', 'state={a=b c, d=[e]} is odd', 'state=<*> is odd'],
    ['an open bracket that is assigned', 'topics=[orders, payments', 'topics=<*>, payments'],
    ['arguments of a call', 'Driver.wake(now) failed', 'Driver.wake(now) failed'],
    ['an answer in quotes', '404 Not Found: "{"message":"joe unknown","id":"abc"}"', '<*> Not Found: <*>'],
    ['a list of answers in quotes', '400 Bad Request: "[{"code":"a"},{"code":"b"}]"', '<*> Bad Request: <*>'],
    ['an answer that is cut', '400 Bad Request: "{"message":"joe unkno... (512 bytes)"', '<*> Bad Request: <*>'],
    ['an answer in brackets', 'got: [{"message":"joe\'s {gone}","id":null}]', 'got: <*>'],
    ['an answer with its quotes escaped', 'got {\\"message\\":\\"a, b\\"} back', 'got <*> back'],
    ['a page in quotes', '502 Bad Gateway: "<html lang="en"><h1>joe</h1></html>"', '<*> Bad Gateway: <*>'],
    ['a document, however deep', 'cannot read {"a":{"b":{"c":{"d":{"e":"x y"}}}}} here', 'cannot read <*> here'],
    ['an IPv6 address with a port, alone', 'no route to [2001:db8::1]:9092', 'no route to <*>'],
    ['a Windows path with blanks', 'cannot open C:\\Program Files\\app 2\\x.log now', 'cannot open <*> now'],
    ['a path with blanks, and why', '/tmp/a b/c d (No such file or directory)', '<*> (No such file or directory)'],
    ['the status of an answer stays', 'status line [HTTP/1.1 429 Too Many Requests]', 'status line [HTTP/1.1 429 Too Many Requests]'],
    [
      'the code of an answer stays',
      'Server returned HTTP response code: 503 for URL: http://a/b',
      'Server returned HTTP response code: 503 for URL: <*>',
    ],
    [
      'the code of a cloud stays',
      'no (Service: S3, Status Code: 403, Request ID: 7A)',
      'no (Service: S3, Status Code: 403, Request ID: <*>)',
    ],
    ['a number of an order is no status', 'order code: 503', 'order code: <*>'],
  ])('%s', (_, message, key) => expect(messageKey(message)).toBe(key))

  it.each([
    ['the case of the first letter', 'connect timed out', 'Connect timed out'],
    ['number', 'gave up after 1 attempt', 'gave up after 2 attempts'],
  ])('compares equal whatever %s', (_, one, other) => expect(comparable(messageKey(one))).toBe(comparable(messageKey(other))))

  it.each([
    ['an event', '{"event":"order_failed","id":"a"}', 'order_failed'],
    ['a message', '{"id":7,"message":"order 7 failed"}', 'order <*> failed'],
    ['a message on lines of its own', '{\n  "msg": "order 7 failed"\n}', 'order <*> failed'],
    ['a message within', '{"error":{"code":"X1","reason":"order 7 failed"}}', 'X1'],
    ['a code that is a number', '{"code":404,"id":"a"}', '404'],
    ['none of these', '{"b":"x","a7":1}', '{<*>,b}'],
    ['what was cut', '{"event":"order_created","payload":"abc…', 'order_created'],
    ['a number of a message', '{"message":42}', '<*>'],
    ['no text under them', '{"message":null,"code":"X2"}', 'X2'],
  ])('of an object is what it says: %s', (_, message, key) => expect(messageKey(message)).toBe(key))

  it('of two errors with different codes differ', () => {
    expect(messageKey('E1001 order 1')).not.toBe(messageKey('E2002 order 1'))
  })

  it('does not depend on where a long list is cut', () => {
    const list = (n: number) => `to delete ${Array.from({ length: n }, (_, i) => `blk_${i}${'7'.repeat(i % 5)}`).join(' ')}`
    expect(messageKey(list(300))).toBe(messageKey(list(301)))
  })

  it('is at most 256 characters', () => {
    expect(messageKey('word '.repeat(1_000)).length).toBeLessThanOrEqual(256)
  })
})
