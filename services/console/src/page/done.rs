//! What became of a form.

/// What a page says after a form was sent. Addresses have its name, never a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Silenced,
    SilenceEnded,
    Acknowledged,
    TakenBack,
    Due,
    UnderWay,
    /// The alert does not fire.
    NotFiring,
    /// There is no such silence.
    NoSilence,
    /// The notification was delivered, or is outdated.
    NotSent,
    /// There is no such notification.
    NoNotification,
}

impl Done {
    const ALL: [Self; 10] = [
        Self::Silenced,
        Self::SilenceEnded,
        Self::Acknowledged,
        Self::TakenBack,
        Self::Due,
        Self::UnderWay,
        Self::NotFiring,
        Self::NoSilence,
        Self::NotSent,
        Self::NoNotification,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.name() == name)
    }

    /// Its name in addresses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Silenced => "silenced",
            Self::SilenceEnded => "silence-ended",
            Self::Acknowledged => "acknowledged",
            Self::TakenBack => "taken-back",
            Self::Due => "due",
            Self::UnderWay => "under-way",
            Self::NotFiring => "not-firing",
            Self::NoSilence => "no-silence",
            Self::NotSent => "not-sent",
            Self::NoNotification => "no-notification",
        }
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Silenced => "Silence created.",
            Self::SilenceEnded => "The silence has ended: its alerts are notified again.",
            Self::Acknowledged => "Acknowledged: not repeated or escalated until it clears.",
            Self::TakenBack => "Acknowledgement taken back: it is repeated and escalated again.",
            Self::Due => "The notification is due: it is sent within a second.",
            Self::UnderWay => "The notification is being sent already.",
            Self::NotFiring => "Nothing was changed: the alert is not firing any more.",
            Self::NoSilence => "Nothing was changed: there is no such silence.",
            Self::NotSent => {
                "Not sent again: it was delivered, or a newer notification of its group takes its place."
            }
            Self::NoNotification => "Nothing was changed: there is no such notification.",
        }
    }

    /// The CSS class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::NotFiring | Self::NoSilence | Self::NotSent | Self::NoNotification => "waiting",
            _ => "well",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name_and_no_other_text_is_shown() {
        for done in Done::ALL {
            assert_eq!(Done::named(done.name()), Some(done));
        }
        assert_eq!(Done::named("Your password has expired"), None);
    }
}
