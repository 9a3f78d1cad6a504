//! Names of cities.

use std::fmt;
use std::str::FromStr;

/// Longest name, in bytes.
pub const MAX_CITY_BYTES: usize = 100;

/// A city in OpenWeather's format: `Berlin`, `Berlin,DE`, `Portland,ME,US`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct City(String);

/// Not the name of a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be CITY or CITY,COUNTRY, such as Berlin,DE, of 1 to {MAX_CITY_BYTES} bytes on one line")]
pub struct CityError;

impl FromStr for City {
    type Err = CityError;

    fn from_str(text: &str) -> Result<Self, CityError> {
        let is_blank = text.trim().is_empty();
        if is_blank || text.len() > MAX_CITY_BYTES || text.contains(char::is_control) {
            return Err(CityError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for City {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_city_has_a_name_of_bounded_length() {
        for text in ["Berlin,DE", "São Paulo,BR", "札幌", &"x".repeat(MAX_CITY_BYTES)] {
            assert_eq!(text.parse::<City>().unwrap().to_string(), text);
        }
        for text in ["", "  ", "Ber\nlin", &"x".repeat(MAX_CITY_BYTES + 1)] {
            assert_eq!(text.parse::<City>(), Err(CityError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_unchanged_or_refused(text: String) {
            if let Ok(city) = text.parse::<City>() {
                prop_assert_eq!(city.to_string(), text);
            }
        }
    }
}
