//! Tokens, their scopes and rate limits.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use watchkeeper_config::Section;

/// Most tokens that can be configured.
pub const MAX_TOKENS: usize = 64;
/// Longest name of a token, in bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// Default requests per second of a token.
pub const DEFAULT_REQUESTS_PER_SECOND: u32 = 1000;
/// Highest rate limit of a token.
pub const MAX_REQUESTS_PER_SECOND: u32 = 1_000_000;

/// Prefix of every generated token, so that scanners for leaked secrets can find it.
const PREFIX: &str = "wk_";
/// Random bytes in a generated token.
const RANDOM_BYTES: usize = 32;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Send samples, logs and events.
    Ingest,
    /// Query what is stored.
    Read,
    /// Change the running system, and everything that the other scopes allow.
    Admin,
}

impl Scope {
    /// Each scope by its name.
    const NAMES: [(&str, Self); 3] = [("ingest", Self::Ingest), ("read", Self::Read), ("admin", Self::Admin)];

    fn names() -> String {
        Self::NAMES.map(|(name, _)| name).join(", ")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find_map(|(name, scope)| (scope == self).then_some(*name));
        f.pad(name.expect("`NAMES` has every scope"))
    }
}

/// Not the name of a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", Scope::names())]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::NAMES.iter().find_map(|(name, scope)| (*name == text).then_some(*scope));
        found.ok_or(UnknownScope)
    }
}

/// The SHA-256 of a token; the token itself is not kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TokenHash(pub(super) [u8; SHA256_OUTPUT_LEN]);

/// Not a SHA-256.
#[derive(Debug, thiserror::Error)]
#[error("must be the SHA-256 of the token: 64 hexadecimal digits")]
pub(super) struct NotAHash;

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(hash)
    }
}

impl FromStr for TokenHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

/// A configured token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) name: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) hash: TokenHash,
    pub(super) requests_per_second: NonZeroU32,
}

/// The configured tokens, at most [`MAX_TOKENS`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tokens(pub(super) Vec<Token>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|token| &token.name)).finish()
    }
}

impl Tokens {
    /// Reads the sections `[[token]]` of the root:
    ///
    /// ```toml
    /// [[token]]
    /// name = "greenhouse"
    /// scopes = ["ingest", "read"]
    /// sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    /// requests_per_second = 100
    /// ```
    pub fn read(root: &mut Section<'_>) -> Self {
        let (mut names, mut hashes) = (BTreeSet::new(), BTreeSet::new());
        let tokens = root.sections("token", MAX_TOKENS, |section| {
            let token = Token::read(section)?;
            if !names.insert(token.name.clone()) {
                section.refuse("name", "another token has this name");
            }
            if !hashes.insert(token.hash) {
                section.refuse("sha256", "another token has this hash");
            }
            Some(token)
        });
        Self(tokens.into_iter().flatten().collect())
    }
}

impl Token {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required_text("name", MAX_NAME_BYTES);
        let scopes = section.choices("scopes", &Scope::NAMES);
        if scopes.is_empty() {
            section.refuse("scopes", format!("must name at least one of {}", Scope::names()));
        }
        let hash = section.required_hidden("sha256");
        let (least, most, default) = (NonZeroU32::MIN, MAX_REQUESTS_PER_SECOND, DEFAULT_REQUESTS_PER_SECOND);
        let rate = section.integer("requests_per_second", least.get()..=most, default);
        Some(Self { name, scopes, hash: hash?, requests_per_second: NonZeroU32::new(rate).unwrap_or(least) })
    }

    /// `admin` implies the others; nothing else implies anything.
    pub(super) fn grants(&self, wanted: Scope) -> bool {
        self.scopes.iter().any(|scope| *scope == wanted || *scope == Scope::Admin)
    }
}

/// The operating system provides no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the operating system provides no random numbers")]
pub struct NoRandomness;

/// Generates a token: its text (`wk_` and 256 random bits), which the client keeps and sends, and the SHA-256 of the
/// text in hexadecimal digits, for the configuration.
pub fn generate() -> Result<(String, String), NoRandomness> {
    let mut random = [0; RANDOM_BYTES];
    SystemRandom::new().fill(&mut random).map_err(|_| NoRandomness)?;
    let token = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&random));
    let sha256 = HEXLOWER.encode(&TokenHash::of(&token).0);
    Ok((token, sha256))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn errors(text: &str) -> Vec<String> {
        let errors = Document::parse("test.toml", text).unwrap().read(Tokens::read).err().unwrap();
        errors.first().iter().map(ToString::to_string).collect()
    }

    /// A token of that name, whose text is `text`.
    fn section_of(name: &str, text: &str) -> String {
        let sha256 = HEXLOWER.encode(&TokenHash::of(text).0);
        format!("[[token]]\nname = {name:?}\nscopes = [\"read\"]\nsha256 = {sha256:?}\n")
    }

    fn section(name: &str) -> String {
        section_of(name, name)
    }

    #[test]
    fn a_scope_is_read_as_it_is_shown() {
        for scope in [Scope::Ingest, Scope::Read, Scope::Admin] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        let error = "Read".parse::<Scope>().unwrap_err();
        assert_eq!(error.to_string(), "must be one of ingest, read, admin");
    }

    #[test]
    fn a_generated_token_is_the_one_whose_hash_is_given() {
        let ((token, sha256), (other, _)) = (generate().unwrap(), generate().unwrap());
        assert_ne!(token, other);
        assert!(token.starts_with("wk_") && token.len() == 3 + 43, "{token}");
        assert_eq!(sha256.parse::<TokenHash>().unwrap().0, TokenHash::of(&token).0);
    }

    #[test]
    fn the_hash_is_the_one_that_sha256sum_prints() {
        let foo = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        assert_eq!(HEXLOWER.encode(&TokenHash::of("foo").0), foo);
        assert_eq!(foo.to_uppercase().parse::<TokenHash>().unwrap().0, TokenHash::of("foo").0);
    }

    #[test]
    fn a_token_that_makes_no_sense_names_the_key() {
        let text = "[[token]]\nname = \"a\"\nscopes = [\"raed\"]\nsha256 = \"00\"\nrequests_per_second = 0\n";
        assert_eq!(
            errors(text),
            [
                "token[0].scopes: must name at least one of ingest, read, admin",
                "token[0].scopes[0]: must be one of ingest, read, admin, is \"raed\"; did you mean `read`?",
                "token[0].sha256: must be the SHA-256 of the token: 64 hexadecimal digits",
                "token[0].requests_per_second: must be from 1 to 1000000, is 0",
            ]
        );
    }

    #[test]
    fn no_two_tokens_have_the_same_name_or_hash() {
        let with_another = |name, text| errors(&(section_of("a", "one") + &section_of(name, text)));
        assert_eq!(with_another("a", "two"), ["token[1].name: another token has this name"]);
        assert_eq!(with_another("b", "one"), ["token[1].sha256: another token has this hash"]);
    }

    #[test]
    fn a_token_written_in_place_of_its_hash_is_not_shown() {
        let (token, _) = generate().unwrap();
        let text = format!("[[token]]\nname = \"a\"\nscopes = [\"read\"]\nsha256 = {token:?}\n");
        let shown =
            Document::parse("test.toml", &text).unwrap().read(Tokens::read).err().unwrap().to_string();
        assert!(shown.contains("sha256 = …") && !shown.contains(&token), "{shown}");
    }

    #[test]
    fn the_most_tokens_are_read_and_one_more_refused() {
        let sections =
            |count| (0..count).map(|number: usize| section(&number.to_string())).collect::<String>();
        let text = sections(MAX_TOKENS);
        let tokens = Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap();
        assert_eq!(tokens.0.len(), MAX_TOKENS);
        assert_eq!(errors(&sections(MAX_TOKENS + 1)), ["token: has 65 items, the limit is 64"]);
    }
}
