//! The names of fields in queries.

use super::Field;
use std::fmt;

/// Tells a field of the event's own from the part of every event that has the same name.
const OWN: &str = "fields.";

impl Field {
    /// The parts of every event.
    pub const PARTS: [Self; 5] = [Self::Id, Self::Level, Self::Service, Self::Host, Self::Message];

    /// The field that is called so in a query. What is not a part of every event is a field of the event's own;
    /// `fields.level` is one that is named `level`.
    pub fn named(name: &str) -> Self {
        match name {
            "id" => Self::Id,
            "level" => Self::Level,
            "service" => Self::Service,
            "host" => Self::Host,
            "message" => Self::Message,
            name if is_a_part_if_shortened(name) => Self::Other(name[OWN.len()..].to_owned()),
            name => Self::Other(name.to_owned()),
        }
    }

    const fn part(&self) -> Option<&'static str> {
        match self {
            Self::Id => Some("id"),
            Self::Level => Some("level"),
            Self::Service => Some("service"),
            Self::Host => Some("host"),
            Self::Message => Some("message"),
            Self::Other(_) => None,
        }
    }
}

/// Whether it is the name of a part after `fields.`, once or repeated.
fn is_a_part_if_shortened(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(OWN) else { return false };
    is_part(rest) || is_a_part_if_shortened(rest)
}

fn is_part(name: &str) -> bool {
    Field::PARTS.iter().any(|field| field.part() == Some(name))
}

/// Its name in a query, not quoted: what [`Field::named`] takes.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(path) if is_part(path) || is_a_part_if_shortened(path) => write!(f, "{OWN}{path}"),
            Self::Other(path) => f.write_str(path),
            part => f.write_str(part.part().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_name_also_if_it_is_called_like_a_part_of_every_event() {
        let other = |path: &str| Field::Other(path.to_owned());
        for (name, field) in [
            ("level", Field::Level),
            ("id", Field::Id),
            ("status", other("status")),
            ("ctx.user.id", other("ctx.user.id")),
            ("fields.level", other("level")),
            ("fields.fields.level", other("fields.level")),
            ("fields.status", other("fields.status")),
            ("fields.", other("fields.")),
            ("Level", other("Level")),
        ] {
            assert_eq!(Field::named(name), field);
            assert_eq!(field.to_string(), name);
        }
    }
}
