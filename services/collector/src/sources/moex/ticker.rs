//! Names of shares.

use std::fmt;
use std::str::FromStr;

/// Longest ticker, in bytes; the exchange's own limit.
pub const MAX_TICKER_BYTES: usize = 36;

/// The exchange's name of a share: `SBER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticker(String);

/// Not a ticker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_TICKER_BYTES} capital letters, digits and any of _-, such as SBER")]
pub struct TickerError;

impl FromStr for Ticker {
    type Err = TickerError;

    fn from_str(text: &str) -> Result<Self, TickerError> {
        let is_allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_-".contains(c);
        if (1..=MAX_TICKER_BYTES).contains(&text.len()) && text.chars().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TickerError)
        }
    }
}

impl Ticker {
    /// As the exchange spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_ticker_is_capital_letters_and_digits() {
        for text in ["SBER", "T", "RU000A0JX0J2", &"X".repeat(MAX_TICKER_BYTES)] {
            assert_eq!(text.parse::<Ticker>().unwrap().as_str(), text);
        }
        for text in ["", "sber", "SBER,GAZP", "SBER&x=1", "СБЕР", &"X".repeat(MAX_TICKER_BYTES + 1)] {
            assert_eq!(text.parse::<Ticker>(), Err(TickerError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_unchanged_or_refused(text in "[A-Z0-9_-]{0,5}|\\PC*") {
            if let Ok(ticker) = text.parse::<Ticker>() {
                prop_assert_eq!(ticker.to_string(), text);
            }
        }
    }
}
