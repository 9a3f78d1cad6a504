//! Who was told of what.

use crate::heat::Heat;
use crate::kept::Kept;
use crate::patience::{so, wait_for};
use std::collections::BTreeSet;

/// Waits until each has been told in one notification that was delivered; there must be no other.
pub(crate) fn wait_until_told(of: &[Heat], kept: &Kept) {
    wait_for("the notifications to be delivered", || {
        let notifications = kept.notifications();
        let about = |heat: &Heat| notifications.iter().filter(|told| heat.is_subject(&told.subject)).count();
        assert!(of.iter().all(|heat| about(heat) <= 1), "told twice: {notifications:?}");
        let is_done = notifications.iter().all(|told| told.state == "delivered");
        so(is_done && of.iter().all(|heat| about(heat) == 1), &notifications)?;
        assert_eq!(notifications.len(), of.len(), "{notifications:?}");
        Ok(())
    });
}

/// The Message-IDs of mails.
pub(crate) fn ids(mails: &[String]) -> BTreeSet<&str> {
    mails.iter().map(String::as_str).map(id).collect()
}

fn id(mail: &str) -> &str {
    mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("a mail has an id")
}
