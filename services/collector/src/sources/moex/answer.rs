//! The exchange's responses.
//!
//! ISS returns tables: the names of the columns, in any order, and rows of values.

use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

const TICKER: &str = "SECID";
/// The price of the last deal.
const PRICE: &str = "LAST";
/// The requested columns.
pub(super) const COLUMNS: [&str; 2] = [TICKER, PRICE];

/// The response of `securities.json` with the block `marketdata` only.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    marketdata: Table,
}

#[derive(Debug, Deserialize)]
struct Table {
    columns: Vec<String>,
    data: Vec<Vec<Value>>,
}

impl Answer {
    /// The available prices, by ticker.
    ///
    /// # Errors
    /// The name of a missing column.
    pub(super) fn prices(&self) -> Result<HashMap<&str, f64>, &'static str> {
        let Table { columns, data } = &self.marketdata;
        let place = |name| columns.iter().position(|column| column == name).ok_or(name);
        let (ticker, price) = (place(TICKER)?, place(PRICE)?);
        let rows =
            data.iter().filter_map(|row| Some((row.get(ticker)?.as_str()?, as_price(row.get(price)?)?)));
        Ok(rows.collect())
    }
}

/// A price above zero, as a number or text; `None` for null, blank, or zero.
fn as_price(value: &Value) -> Option<f64> {
    let price = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    };
    price.filter(|price: &f64| price.is_finite() && *price > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prices(text: &str) -> Result<Vec<(String, f64)>, String> {
        let answer: Answer = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let prices = answer.prices().map_err(str::to_owned)?;
        let mut prices: Vec<_> =
            prices.into_iter().map(|(ticker, price)| (ticker.to_owned(), price)).collect();
        prices.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(prices)
    }

    fn table(columns: &str, data: &str) -> String {
        format!(r#"{{"marketdata":{{"columns":{columns},"data":{data}}}}}"#)
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let expected = Ok(vec![("GAZP".to_owned(), 120.0), ("SBER".to_owned(), 311.2)]);
        let rows = r#"[["SBER",311.2],["GAZP",120]]"#;
        assert_eq!(prices(&table(r#"["SECID","LAST"]"#, rows)), expected);
        let rows = r#"[["12:00:01",311.2,"SBER"],["12:00:02",120,"GAZP"]]"#;
        assert_eq!(prices(&table(r#"["UPDATETIME","LAST","SECID"]"#, rows)), expected);
    }

    #[test]
    fn a_row_without_a_price_is_left_out() {
        for blank in ["null", r#""""#, r#"" ""#, "0", "-1", r#""-""#, "true", r#""NaN""#, r#""inf""#] {
            let text = table(r#"["SECID","LAST"]"#, &format!(r#"[["SBER",{blank}],["GAZP","120.5"]]"#));
            assert_eq!(prices(&text), Ok(vec![("GAZP".to_owned(), 120.5)]), "{blank}");
        }
        let short = table(r#"["SECID","LAST"]"#, r#"[["SBER"],[],[null,1]]"#);
        assert_eq!(prices(&short), Ok(Vec::new()));
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        assert_eq!(prices(&table(r#"["SECID"]"#, "[]")), Err("LAST".to_owned()));
        assert_eq!(prices(&table(r#"["LAST"]"#, "[]")), Err("SECID".to_owned()));
        assert!(prices("{}").unwrap_err().starts_with("missing field `marketdata`"));
    }

    proptest! {
        #[test]
        fn any_table_is_read_or_refused_and_prices_are_above_zero(
            columns in "\\[(\"(SECID|LAST|X)\"(,\"(SECID|LAST|X)\"){0,2})?\\]",
            data in "\\[(\\[(\"[A-Z]\"|null|-?[0-9]{1,3})(,(\"[A-Z]\"|null|-?[0-9]{1,3})){0,2}\\])?\\]",
        ) {
            if let Ok(prices) = prices(&table(&columns, &data)) {
                prop_assert!(prices.iter().all(|(_, price)| *price > 0.0));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = prices(&text);
        }
    }
}
