//! What every [`NotificationStore`] promises.

mod claiming;
mod keeping;
mod model;
mod planning;
mod renewing;
mod retrying;
mod settling;
mod superseding;

pub use claiming::*;
pub use keeping::*;
pub use model::*;
pub use planning::*;
pub use renewing::*;
pub use retrying::*;
pub use settling::*;
pub use superseding::*;

use crate::samples::after;
use crate::suite;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Channel, Notification, NotificationState};
use watchkeeper_ports::{
    AlertGroup, Claimed, GroupChange, Lease, NotificationStore, Outcome, Plan, Planned, Tenure,
};

suite!(($) notification_store_contract, notification_store, [
    an_empty_outbox_has_nothing,
    groups_and_notifications_are_stored_together,
    a_plan_for_a_group_that_was_changed_stores_nothing,
    a_plan_that_names_a_group_twice_is_refused,
    a_version_grows_and_is_not_given_again,
    a_group_is_removed_by_who_saw_it_last,
    of_many_planners_one_succeeds,
    a_notification_that_is_there_is_left_out,
    an_empty_plan_changes_nothing,
    a_plan_survives_reopening,
    a_claim_gives_what_is_due_the_longest_waiting_first,
    what_is_claimed_is_given_again_only_when_the_lease_has_ended,
    a_recipient_is_told_about_a_group_in_the_order_in_which_it_was_planned,
    what_is_newer_about_a_group_takes_the_place_of_what_waits,
    what_is_being_sent_is_not_superseded_until_it_has_failed,
    what_is_postponed_waits_without_an_attempt_until_its_recipient_may_be_asked,
    a_delivery_wakes_what_waits_for_the_same_recipient,
    claims_at_the_same_time_share_what_is_due,
    a_lease_survives_reopening,
    a_lease_that_is_renewed_ends_when_its_holder_asked_for,
    a_lease_is_renewed_by_its_holder_alone,
    a_lease_that_has_ended_is_held_until_another_claims_the_notification,
    a_renewal_whose_answer_was_lost_may_be_made_again,
    who_does_not_know_whether_its_lease_was_renewed_settles_with_it,
    an_outcome_is_noted_by_the_holder_alone,
    what_was_delivered_by_one_whose_lease_is_lost_is_sent_by_nobody_else,
    what_is_settled_is_not_renewed,
    a_renewal_survives_reopening,
    what_is_delivered_is_not_given_again,
    what_is_given_up_is_not_given_again,
    a_failed_attempt_is_counted_and_tried_again_in_time,
    what_is_settled_for_good_stays_as_it_is,
    an_outcome_survives_reopening,
    notifications_are_found_by_what_they_are_about,
    a_retry_makes_due_what_waits_or_was_given_up,
    a_retry_leaves_alone_what_is_under_way_or_settled,
    the_newest_come_first,
    texts_and_times_come_back_exactly,
    pruning_removes_what_is_old_and_does_not_wait,
    after_any_steps_the_outbox_is_what_a_model_says,
    an_outbox_in_use_can_be_checked,
]);

const ALL: usize = 1_000_000;
const LEASE: Duration = Duration::from_secs(60);

/// A notification that is due at once, with a group of its own.
fn notification(id: &str, made_at: u64) -> Notification {
    Notification {
        id: id.to_owned(),
        group: format!("id={id}"),
        channel: Channel::Mail,
        recipient: "ops@example.org".into(),
        subject: "busy".into(),
        body: "host a is busy".into(),
        made_at: after(made_at),
        state: waiting(0, made_at, None),
    }
}

/// A notification about this group.
fn about(group: &str, id: &str, made_at: u64) -> Notification {
    Notification { group: group.to_owned(), ..notification(id, made_at) }
}

fn waiting(attempts: u32, next_at: u64, last_error: Option<&str>) -> NotificationState {
    let last_error = last_error.map(str::to_owned);
    NotificationState::Waiting { attempts, next_at: after(next_at), last_error }
}

/// A change of a group by a planner that read this version.
fn change(key: &str, expected: u64, state: &str) -> GroupChange {
    GroupChange { state: Some(state.as_bytes().to_vec().into()), ..removal(key, expected) }
}

fn removal(key: &str, expected: u64) -> GroupChange {
    GroupChange { key: key.to_owned(), expected, state: None }
}

async fn plan(
    store: &dyn NotificationStore,
    groups: impl Into<Vec<GroupChange>>,
    notifications: impl Into<Vec<Notification>>,
) -> Planned {
    let plan = Plan { groups: groups.into(), notifications: notifications.into(), ..Plan::default() };
    store.plan(Arc::new(plan)).await.unwrap()
}

/// Puts notifications into the outbox, whatever the groups are.
async fn send(store: &dyn NotificationStore, notifications: impl Into<Vec<Notification>>) {
    assert_eq!(plan(store, [], notifications).await, Planned::Stored);
}

async fn group(store: &dyn NotificationStore, key: &str) -> Option<AlertGroup> {
    store.groups().await.unwrap().into_iter().find(|group| group.key == key)
}

async fn version(store: &dyn NotificationStore, key: &str) -> u64 {
    group(store, key).await.map_or(0, |group| group.version)
}

async fn claim(store: &dyn NotificationStore, now: u64, limit: usize) -> Vec<Notification> {
    let claimed = store.claim(after(now), LEASE, limit).await.unwrap();
    claimed.into_iter().map(|Claimed { notification, .. }| notification).collect()
}

/// Claims one and returns its lease.
async fn claim_one(store: &dyn NotificationStore, now: u64) -> Lease {
    let mut claimed = store.claim(after(now), LEASE, 1).await.unwrap();
    claimed.pop().expect("one is due").lease
}

/// The lease of a claim at `now`.
fn lease(id: &str, now: u64) -> Lease {
    Lease::new(id, after(now).plus(LEASE))
}

/// The lease of a notification that waits until `at` and is not claimed.
fn unclaimed(id: &str, at: u64) -> Lease {
    Lease::new(id, after(at))
}

async fn settle(store: &dyn NotificationStore, lease: &Lease, outcome: &Outcome) -> Tenure {
    store.settle(lease, outcome).await.unwrap()
}

async fn newest(store: &dyn NotificationStore) -> Vec<Notification> {
    store.newest(ALL).await.unwrap()
}

fn ids(notifications: &[Notification]) -> Vec<&str> {
    notifications.iter().map(|notification| &*notification.id).collect()
}
