//! Finds the end of unreadable records.

use super::first::First;
use watchkeeper_ports::PortError;

/// Consecutive records, in one compressed batch, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first relevant offset in it.
    pub(super) from: i64,
    /// The offset after the last one.
    pub(super) next: i64,
    pub(super) reason: String,
}

/// Finds the end of the unreadable records at `from`, before `end`, by probing what comes first at other
/// offsets: as long as it is the same batch, it begins at the same offset. `None` if they can be read.
///
/// librdkafka does not say where a batch ends that it cannot decompress, and would fetch it for ever. Costs
/// about twice the logarithm of the number of records.
pub(super) fn stretch(
    from: i64,
    end: i64,
    mut first: impl FnMut(i64) -> Result<First, PortError>,
) -> Result<Option<Stretch>, PortError> {
    let First::Unreadable { base, reason } = first(from)? else { return Ok(None) };
    let from = from.max(base);
    let mut is_inside = |offset: i64| -> Result<bool, PortError> {
        Ok(offset < end && matches!(first(offset)?, First::Unreadable { base: found, .. } if found == base))
    };
    let (mut inside, mut step) = (from, 1);
    let mut outside = loop {
        let further = inside.saturating_add(step);
        if !is_inside(further)? {
            break further;
        }
        (inside, step) = (further, step.saturating_mul(2));
    };
    while outside - inside > 1 {
        let middle = inside + (outside - inside) / 2;
        if is_inside(middle)? {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Ok(Some(Stretch { from, next: outside, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A partition of sets, each of so many records and readable or not, and how often it was asked.
    struct Partition {
        sets: Vec<(i64, bool)>,
        asked: usize,
    }

    impl Partition {
        fn end(&self) -> i64 {
            self.sets.iter().map(|(records, _)| records).sum()
        }

        /// The set at `offset`: where it begins and ends, and whether it can be read.
        fn set(&self, offset: i64) -> (i64, i64, bool) {
            let mut base = 0;
            for &(records, readable) in &self.sets {
                if offset < base + records {
                    return (base, base + records, readable);
                }
                base += records;
            }
            panic!("nobody asks past the end")
        }

        fn stretch(&mut self, from: i64) -> Option<Stretch> {
            let end = self.end();
            let first = |offset| {
                self.asked += 1;
                let (base, _, readable) = self.set(offset);
                let unreadable = First::Unreadable { base, reason: "damaged".to_owned() };
                Ok(if readable { First::Readable } else { unreadable })
            };
            stretch(from, end, first).unwrap()
        }
    }

    #[test]
    fn a_set_of_many_records_costs_few_questions() {
        let mut partition = Partition { sets: vec![(5, true), (10_000, false), (1, true)], asked: 0 };
        let expected = Stretch { from: 5, next: 10_005, reason: "damaged".to_owned() };
        assert_eq!(partition.stretch(5), Some(expected));
        assert!(partition.asked <= 30, "{}", partition.asked);
    }

    proptest! {
        #[test]
        fn the_end_of_a_set_is_found_whatever_lies_around_it(
            sets in prop::collection::vec((1_i64..40, any::<bool>()), 1..12),
            from: prop::sample::Index,
        ) {
            let mut partition = Partition { sets, asked: 0 };
            let from = i64::try_from(from.index(usize::try_from(partition.end()).unwrap())).unwrap();
            let (_, next, readable) = partition.set(from);
            let expected = (!readable).then(|| Stretch { from, next, reason: "damaged".to_owned() });
            prop_assert_eq!(partition.stretch(from), expected);
        }
    }
}
