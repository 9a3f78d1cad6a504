//! Paths of a JSON query that name one value.

/// The JSON Pointer of a path such as `data.items[0].id` or `$.status`; `None` if it computes something.
pub(super) fn pointer(path: &str) -> Option<String> {
    let path = path.trim();
    let path = path.strip_prefix("$.").or_else(|| path.strip_prefix('$')).unwrap_or(path);
    let mut pointer = String::new();
    if path.is_empty() {
        return Some(pointer);
    }
    let path = path.replace('[', ".[");
    for part in path.trim_start_matches('.').split('.') {
        let part = match part.strip_prefix('[') {
            Some(index) => index.strip_suffix(']').filter(|index| index.parse::<usize>().is_ok())?,
            None => part,
        };
        let part = part.strip_prefix('`').and_then(|part| part.strip_suffix('`')).unwrap_or(part);
        if part.is_empty() || part.contains(|c: char| !c.is_alphanumeric() && !"_-".contains(c)) {
            return None;
        }
        pointer.push('/');
        pointer.push_str(part);
    }
    Some(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_to_one_value_is_a_pointer_and_an_expression_is_none() {
        for (path, expected) in [
            ("$.status", Some("/status")),
            ("data.items[0].id", Some("/data/items/0/id")),
            ("$", Some("")),
            ("`odd-name`.x", Some("/odd-name/x")),
            ("$count(items)", None),
            ("items[price > 3].id", None),
            ("a.*", None),
        ] {
            assert_eq!(pointer(path).as_deref(), expected, "{path}");
        }
    }
}
