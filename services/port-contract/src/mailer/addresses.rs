//! Texts that are mail addresses, nearly are, or look like it.

const NAMES: [&str; 15] = [
    "",
    "\"\"",
    "Ops",
    "Ops, night",
    "\"Ops, night\"",
    r#""Ops \"night\" \\ (all)""#,
    r#""ops@example.org""#,
    "Дежурный",
    "漢字 и буквы",
    "=?utf-8?q?x?=",
    "x; y: z [1] (2)",
    "\u{202e}spo",
    "Ops <ops@example.org>, Night",
    "a\u{7}b",
    "a\r\nBcc: all@example.net",
];

const LOCALS: [&str; 14] = [
    "ops",
    "a.b+c",
    "!#$%&'*+-/=?^_`{|}~",
    LONGEST,
    "",
    ".",
    "a..b",
    ".a",
    "a b",
    "a,b",
    "\"a b\"",
    "почта",
    "a\0b",
    "x x",
];

/// The longest one: 64 bytes.
const LONGEST: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

const HOSTS: [&str; 25] = [
    "example.org",
    "localhost",
    "db-1.my_net",
    "xn--e1afmkfd.xn--p1ai",
    "пример.рф",
    "Bücher.example",
    "１２.example",
    "192.0.2.1",
    "[192.0.2.1]",
    "[IPv6:2001:db8::1]",
    "1.2.3",
    "",
    ".",
    "a..b",
    "example.org.",
    "-a",
    "a-",
    "_a",
    "[",
    "[::1]",
    "[IPv6:x]",
    "\u{ad}",
    "a b",
    "a@b",
    "a\nb",
];

/// Every combination, bare and with a name.
pub fn addresses() -> impl Iterator<Item = String> {
    let long = ["x".repeat(200), "ы".repeat(100), format!("\"{}\"", "\\\"".repeat(80)), "a b ".repeat(50)];
    let names = NAMES.map(str::to_owned).into_iter().chain(long);
    let mailboxes =
        || LOCALS.iter().flat_map(|local| HOSTS.iter().map(move |host| format!("{local}@{host}")));
    let with_name = names.flat_map(move |name| mailboxes().map(move |mailbox| format!("{name} <{mailbox}>")));
    mailboxes().chain(with_name)
}
