//! What every page must be: well-formed, and without anything that its policy forbids.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;

/// An element: its name and attributes.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }
}

/// The elements of a page, whose tags must all be closed in order.
pub(crate) fn elements(html: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(html);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) => elements.push(element(&start)),
            Event::Eof => return elements,
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        (attribute.key.as_ref().to_owned(), attribute.value.into_owned())
    });
    Element { name: start.name().as_ref().to_owned(), attributes: attributes.collect() }
}

/// Fails unless the page is well-formed, keeps its own policy, and names each element once.
#[track_caller]
pub(crate) fn assert_sound(html: &str) {
    let elements = elements(html);
    let mut ids = HashSet::new();
    for element in &elements {
        assert_ne!(element.name, "style");
        assert_eq!(element.name == "script", element.attribute("src").is_some() && element.name != "img");
        for (name, value) in &element.attributes {
            assert!(name != "style" && !name.starts_with("on"), "{name}={value:?} on {}", element.name);
            if ["src", "href", "action"].contains(&name.as_str()) {
                assert!(value.starts_with('/') || value.starts_with('#'), "{name}={value:?}");
            }
        }
        if let Some(id) = element.attribute("id") {
            assert!(ids.insert(id), "{id} twice");
        }
    }
    assert!(!html.contains("<script>"), "a script without a source");
}
