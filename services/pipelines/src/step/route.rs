//! The step `route`.

use watchkeeper_config::Section;
use watchkeeper_ports::Topic;

/// Longest name of a topic, in bytes: Kafka's limit, less a prefix and `.dead`.
const MAX_TOPIC_BYTES: usize = 200;

/// The topic to which events are also published; `None` is recorded as an error.
pub(super) fn read(section: &mut Section<'_>) -> Option<Topic> {
    let name = section.required_text("route", MAX_TOPIC_BYTES);
    let is_legal = !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    let topic = Topic::named(name);
    let is_own = |own: &Topic| {
        topic.name() == own.name()
            || topic.name().strip_prefix(own.name()).is_some_and(|rest| rest.starts_with('.'))
    };
    let reason = if !is_legal {
        "must be the name of a topic: ASCII letters, digits, '.', '_' and '-'"
    } else if is_own(&Topic::METRICS) || is_own(&Topic::EVENTS) || topic.is_dead_letters() {
        "is a topic of Watchkeeper: events there would be read again"
    } else {
        return Some(topic);
    };
    if !topic.name().is_empty() {
        section.refuse("route", reason);
    }
    None
}
