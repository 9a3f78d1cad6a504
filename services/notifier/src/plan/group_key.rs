//! The key of one recipient's group of alerts.

use super::Recipient;
use data_encoding::HEXLOWER;
use ring::digest;
use std::fmt;
use watchkeeper_domain::{Channel, Matcher};

/// How many bytes of a key's hash are in the ids of its notices: enough to avoid collisions.
const HASH_BYTES: usize = 12;

/// A recipient, and the common fields of its alerts with their values, in the order of `group_by`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    pub(super) recipient: Recipient,
    pub(super) fields: Vec<(String, String)>,
}

impl GroupKey {
    /// The stored form: JSON, so that values are unambiguous.
    pub(super) fn encode(&self) -> String {
        let Self { recipient, fields } = self;
        serde_json::json!([recipient.channel().name(), recipient.name(), fields]).to_string()
    }

    /// Parses the result of [`Self::encode`]; `None` for anything else.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let (channel, name, fields): (String, String, _) = serde_json::from_str(text).ok()?;
        let channel = Channel::ALL.into_iter().find(|known| known.name() == channel)?;
        Some(Self { recipient: Recipient::named(channel, name)?, fields })
    }

    /// The id of the group's notice with this number.
    pub(super) fn notice_id(&self, sequence: u64) -> String {
        let hash = digest::digest(&digest::SHA256, self.encode().as_bytes());
        format!("{}-{sequence}", HEXLOWER.encode(&hash.as_ref()[..HASH_BYTES]))
    }
}

/// The group as matchers of a silence: `rule="disk_full", host="web1"`.
pub(super) struct ShownFields<'f>(pub(super) &'f [(String, String)]);

impl fmt::Display for ShownFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("all alerts");
        }
        for (index, (field, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", Matcher::equal(field, value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(fields: &[(&str, &str)]) -> GroupKey {
        let fields = fields.iter().map(|&(field, value)| (field.to_owned(), value.to_owned())).collect();
        GroupKey { recipient: Recipient::Mail("ops@example.org".parse().unwrap()), fields }
    }

    #[test]
    fn the_id_of_a_notice_is_of_letters_digits_and_dashes_and_tells_groups_and_numbers_apart() {
        let one = key(&[("rule", "site_down")]);
        let id = one.notice_id(7);
        assert!(id.ends_with("-7") && id.len() == 2 * HASH_BYTES + 2, "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{id}");
        assert_ne!(id, one.notice_id(8));
        assert_ne!(id, key(&[("rule", "disk_full")]).notice_id(7));
    }

    #[test]
    fn a_group_is_shown_as_a_silence_would_name_it() {
        let shown = |fields| ShownFields(&key(fields).fields).to_string();
        assert_eq!(shown(&[("rule", "disk_full"), ("host", "a\"b")]), r#"rule="disk_full", host="a\"b""#);
        assert_eq!(shown(&[]), "all alerts");
    }

    proptest! {
        #[test]
        fn a_key_survives_the_store(name in "\\PC{0,12}", fields in prop::collection::vec(("\\PC{0,6}", "\\PC{0,6}"), 0..4)) {
            let key = GroupKey { recipient: Recipient::Service(Channel::Webhook, name), fields };
            prop_assert_eq!(GroupKey::decode(&key.encode()), Some(key));
        }

        #[test]
        fn any_text_is_a_key_or_none(text in "\\PC{0,40}") {
            prop_assert!(GroupKey::decode(&text).is_none_or(|key| GroupKey::decode(&key.encode()) == Some(key)));
        }
    }
}
