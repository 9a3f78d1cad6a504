use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// For one key, the greater value is further ahead; values of ten and more differ from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: u8,
    value: u8,
}

impl Item for Entry {
    type Key<'a> = u8;

    fn key(&self) -> u8 {
        self.key
    }

    fn standing(&self, there: &Self) -> Standing {
        match there.value.cmp(&self.value) {
            Ordering::Equal => Standing::Same,
            _ if there.value >= 10 => Standing::Different,
            Ordering::Less => Standing::Behind,
            Ordering::Greater => Standing::Same,
        }
    }
}

fn entries(map: &BTreeMap<u8, u8>) -> Vec<Entry> {
    map.iter().map(|(&key, &value)| Entry { key, value }).collect()
}

/// The next page of at most `limit`, as a store returns it.
fn page(all: &[Entry], after: Option<&Entry>, limit: usize) -> Vec<Entry> {
    all.iter().filter(|entry| after.is_none_or(|after| entry.key > after.key)).take(limit).cloned().collect()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    lacking: Vec<Entry>,
    same: usize,
    different: usize,
}

fn merged(here: &[Entry], there: &[Entry], limits: (usize, usize)) -> Found {
    let (mut merge, mut found) = (Merge::new(), Found::default());
    loop {
        match merge.next() {
            Next::ReadHere => merge.take_here(page(here, merge.last_here(), limits.0)),
            Next::ReadThere => merge.take_there(page(there, merge.last_there(), limits.1)),
            Next::Lacking(entry) => found.lacking.push(entry),
            Next::Same => found.same += 1,
            Next::Different => found.different += 1,
            Next::End => return found,
        }
    }
}

#[test]
fn where_here_has_nothing_there_is_not_read() {
    let mut merge = Merge::<Entry>::new();
    assert_eq!(merge.next(), Next::ReadHere);
    merge.take_here(Vec::new());
    assert_eq!(merge.next(), Next::End);
}

proptest! {
    #[test]
    fn every_item_of_here_is_found_lacking_same_or_different_once(
        here in prop::collection::btree_map(0..20_u8, 0..14_u8, 0..20),
        there in prop::collection::btree_map(0..20_u8, 0..14_u8, 0..20),
        limits in (1..6_usize, 1..6_usize),
    ) {
        let mut expected = Found::default();
        for item in entries(&here) {
            match there.get(&item.key).map(|&value| item.standing(&Entry { value, ..item.clone() })) {
                Some(Standing::Same) => expected.same += 1,
                Some(Standing::Different) => expected.different += 1,
                None | Some(Standing::Behind) => expected.lacking.push(item),
            }
        }
        prop_assert_eq!(merged(&entries(&here), &entries(&there), limits), expected);
    }
}
