//! Sizes with a unit.

/// The units from the largest to the smallest, with their size in bytes.
const UNITS: [(&str, usize); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Parses `4 MiB`, `512KiB`, `100 B` to bytes.
pub(crate) fn parse(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text[digits.len()..].trim_start();
    if unit.is_empty() && !digits.is_empty() {
        return Err(without_unit(digits));
    }
    let count: Option<usize> = digits.parse().ok();
    let bytes = UNITS.into_iter().find(|(name, _)| *name == unit).map(|(_, bytes)| bytes);
    count.zip(bytes).and_then(|(count, bytes)| count.checked_mul(bytes)).ok_or_else(|| {
        format!("must be a whole number of B, KiB, MiB, GiB or TiB such as \"4 MiB\", is {text:?}")
    })
}

/// The error for a number without a unit.
pub(crate) fn without_unit(number: &str) -> String {
    format!("needs a unit: write \"{number} B\" for bytes, or KiB, MiB, GiB, TiB")
}

/// The format that [`parse`] reads, in the largest unit that is exact.
pub(crate) fn show(bytes: usize) -> String {
    let exact = UNITS.into_iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit));
    let (name, unit) = exact.unwrap_or(("B", 1));
    format!("{} {name}", bytes / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, expected) in [("4 MiB", 4 << 20), ("1GiB", 1 << 30), ("512KiB", 512 << 10), ("0 B", 0)] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_and_says_what_to_write() {
        assert_eq!(
            parse("100").unwrap_err(),
            "needs a unit: write \"100 B\" for bytes, or KiB, MiB, GiB, TiB"
        );
        for text in
            ["", "MiB", "4 MB", "1.5 MiB", "-1 B", "4 mib", "99999999999999999999 B", "99999999999 TiB"]
        {
            assert!(parse(text).unwrap_err().starts_with("must be a whole number of"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_back(bytes in any::<usize>(), zeros in 0_u32..48) {
            let bytes = bytes >> zeros << zeros;
            prop_assert_eq!(parse(&show(bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _: Result<usize, String> = parse(&text);
        }
    }
}
