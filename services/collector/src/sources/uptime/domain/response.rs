//! Responses of RDAP about domains (RFC 9083, section 5.3).

use crate::sources::uptime::certificate::Expiry;
use serde::Deserialize;
use watchkeeper_domain::Timestamp;

/// What a registry says of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registration {
    /// It is registered until then.
    Until(Expiry),
    /// There is none.
    None,
}

#[derive(Deserialize)]
struct Domain {
    #[serde(default)]
    events: Vec<Event>,
}

/// RFC 9083, section 4.5.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    event_action: String,
    #[serde(default)]
    event_date: String,
}

/// Until when the domain is registered.
pub(super) fn read(body: &[u8]) -> Result<Registration, String> {
    let domain: Domain =
        serde_json::from_slice(body).map_err(|_| "answered with something that is not RDAP")?;
    // A registrar may state its own date, which can only be earlier.
    let of = |action: &str| domain.events.iter().find(|event| event.event_action == action);
    let Some(event) = of("expiration").or_else(|| of("registrar expiration")) else {
        return Err("does not say when the registration ends".to_owned());
    };
    let at: Timestamp = event.event_date.parse().map_err(|_| "the expiration date is not a valid date")?;
    Ok(Registration::Until(Expiry::at(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(events: &str) -> String {
        format!(r#"{{"objectClassName":"domain","ldhName":"EXAMPLE.ORG","events":{events}}}"#)
    }

    #[test]
    fn the_end_of_the_registration_is_read() {
        let events = r#"[{"eventAction":"registration","eventDate":"1995-08-31T04:00:00Z"},
            {"eventAction":"expiration","eventDate":"2027-08-30T04:00:00Z"},
            {"eventAction":"last changed","eventDate":"2026-01-16T18:26:50.0Z"}]"#;
        let until = Expiry::at("2027-08-30T04:00:00Z".parse().unwrap());
        assert_eq!(read(body(events).as_bytes()), Ok(Registration::Until(until)));
        let own = r#"[{"eventAction":"registrar expiration","eventDate":"2027-08-30T06:00:00+02:00"}]"#;
        assert_eq!(read(body(own).as_bytes()), Ok(Registration::Until(until)));
    }

    #[test]
    fn what_does_not_say_so_is_an_error() {
        for (text, reason) in [
            (body("[]"), "does not say when the registration ends"),
            (r#"{"objectClassName":"domain"}"#.to_owned(), "does not say when the registration ends"),
            (body(r#"[{"eventAction":"expiration"}]"#), "the expiration date is not a valid date"),
            ("<html>".to_owned(), "answered with something that is not RDAP"),
        ] {
            assert_eq!(read(text.as_bytes()), Err(reason.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body: Vec<u8>) {
            prop_assert!(read(&body).is_err());
        }
    }
}
