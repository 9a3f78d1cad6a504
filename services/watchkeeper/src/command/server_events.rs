//! Server-sent events.

use std::io;

/// An event of a stream; a comment, by which the server keeps a quiet connection open, has no name and no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerEvent {
    pub(super) name: String,
    pub(super) data: String,
}

/// The events in the lines of a stream, each with the one line of data that Watchkeeper sends.
pub(super) fn server_events(
    lines: impl Iterator<Item = io::Result<String>>,
) -> impl Iterator<Item = io::Result<ServerEvent>> {
    let mut name = String::new();
    lines.filter_map(move |line| {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        if line.starts_with(':') {
            return Some(Ok(ServerEvent { name: String::new(), data: String::new() }));
        }
        if let Some(of_event) = line.strip_prefix("event:") {
            of_event.trim().clone_into(&mut name);
        }
        let data = line.strip_prefix("data:")?.trim().to_owned();
        Some(Ok(ServerEvent { name: name.clone(), data }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_name_and_a_comment_has_none() {
        let lines = "event: sample\ndata: {\"a\":1}\n\n:\n\nevent: lagged\ndata: {}\n\n".lines();
        let events = server_events(lines.map(|line| Ok(line.to_owned()))).map(Result::unwrap);
        let events: Vec<_> = events.map(|event| (event.name, event.data)).collect();
        assert_eq!(
            events,
            [("sample", "{\"a\":1}"), ("", ""), ("lagged", "{}")]
                .map(|(name, data)| (name.to_owned(), data.to_owned()))
        );
    }
}
