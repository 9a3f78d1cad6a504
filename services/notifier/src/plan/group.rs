//! The decision for one recipient's group.

use super::GroupPlan;
use super::gather::{Group, Member};
use super::notice::{News, Notice, Told, Why};
use super::state::{Episode, State};
use std::cmp::Reverse;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{AlertKey, GroupChange};

/// The decision for a group.
pub(super) struct Decided<'a> {
    /// `None` if the group does not change.
    pub(super) plan: Option<GroupPlan<'a>>,
    /// The alerts whose clearing is still to be notified.
    pub(super) still_told: Vec<AlertKey>,
}

/// Decides on `group` at `now`.
pub(super) fn decide<'a>(now: Timestamp, mut group: Group<'a, '_>) -> Decided<'a> {
    let notice = group.step(now);
    let state = (group.state != State::default()).then(|| group.state.encode());
    let is_changed = state.as_ref() != group.stored.map(|stored| &stored.state);
    let change = GroupChange {
        key: group.stored.map_or_else(|| group.key.encode(), |stored| stored.key.clone()),
        expected: group.stored.map_or(0, |stored| stored.version),
        state,
    };
    let told = group.state.episode.map(|episode| episode.told).unwrap_or_default();
    Decided {
        plan: is_changed.then_some(GroupPlan { change, notice }),
        still_told: told.into_keys().collect(),
    }
}

impl<'a> Group<'a, '_> {
    /// Advances the state to `now`, and returns the notice, if any.
    fn step(&mut self, now: Timestamp) -> Option<Notice<'a>> {
        // First, so that a muted alert is neither repeated nor reported as cleared. The episode ends last, when
        // the notice of this step is part of it.
        self.forget_what_is_no_member();
        self.note_what_may_be_escalated(now);
        let news = self.news(now);
        let notice = self.reason_to_tell(now, &news).and_then(|why| self.tell(now, why, news));
        self.end_what_is_over(now);
        notice
    }

    /// Drops alerts that are muted, removed or no longer in this group from the notified state.
    fn forget_what_is_no_member(&mut self) {
        let members = &self.members;
        if let Some(episode) = &mut self.state.episode {
            episode.told.retain(|key, _| members.contains_key(&(&*key.rule, &*key.series_key)));
        }
    }

    /// The time of an escalation begins when its alert is first seen, and anew when it fires again.
    fn note_what_may_be_escalated(&mut self, now: Timestamp) {
        let may_be = |member: &&Member<'_>| member.escalates_after.is_some() && member.alert.is_firing();
        let known = std::mem::take(&mut self.state.known_since);
        let since = self.members.values().filter(may_be).map(|member| {
            let key = AlertKey::of(member.alert);
            let since = known.get(&key).copied().unwrap_or(now).max(member.alert.fired_at);
            (key, since)
        });
        self.state.known_since = since.collect();
    }

    /// Whether a member of an escalation is to be notified already.
    fn is_due(&self, member: &Member<'_>, now: Timestamp) -> bool {
        let since = self.state.known_since.get(&AlertKey::of(member.alert)).copied().unwrap_or(now);
        member.escalates_after.is_none_or(|after| !member.is_acknowledged && since.plus(after) <= now)
    }

    /// The news, in the order of the notice.
    fn news(&self, now: Timestamp) -> Vec<Told<'a>> {
        let told = |member: &Member<'a>| Some(Told { news: self.news_of(member, now)?, alert: member.alert });
        let mut news: Vec<_> = self.members.values().filter_map(told).collect();
        // The sort is stable: by rule and series where all else is equal.
        news.sort_by_key(|told| (told.news, Reverse(told.alert.severity), told.alert.fired_at));
        news
    }

    fn news_of(&self, member: &Member<'_>, now: Timestamp) -> Option<News> {
        let alert = member.alert;
        let told = self.state.episode.as_ref().and_then(|episode| episode.told.get(&AlertKey::of(alert)));
        match (alert.is_firing(), told) {
            (true, _) if member.is_orphan => None,
            (true, None) => self.is_due(member, now).then_some(News::Fires),
            (true, Some(&since)) if since != alert.fired_at && self.is_due(member, now) => {
                Some(News::FiresAgain)
            }
            (true, Some(_)) => Some(News::StillFires),
            (false, told) => told.map(|_| News::Cleared),
        }
    }

    /// The reason for a notice now, if any. A change starts waiting when it is first seen.
    fn reason_to_tell(&mut self, now: Timestamp, news: &[Told<'_>]) -> Option<Why> {
        let timing = self.timing.unwrap_or_default();
        let has_changed = news.iter().any(|told| told.news != News::StillFires);
        if has_changed {
            self.state.waiting_since.get_or_insert(now);
        }
        if let Some(since) = self.state.waiting_since {
            if now < since.plus(timing.wait) || !self.is_past_last_notice(now, timing.interval) {
                return None;
            }
            self.state.waiting_since = None;
        }
        if has_changed {
            let something_fires = news.iter().any(|told| told.news != News::Cleared);
            return Some(match &self.state.episode {
                None => Why::First,
                Some(_) if something_fires => Why::Changed,
                Some(_) => Why::Recovered,
            });
        }
        let is_due = self.is_past_last_notice(now, timing.repeat.max(timing.interval));
        (is_due && news.iter().any(|told| !self.is_acknowledged(told))).then_some(Why::Repeated)
    }

    /// Whether there was no notice yet, or the last was `pause` ago.
    fn is_past_last_notice(&self, now: Timestamp, pause: Duration) -> bool {
        self.state.episode.as_ref().is_none_or(|episode| now >= episode.told_at.plus(pause))
    }

    /// Records the news as notified. Returns no notice if there are only clearings that are not to be notified.
    fn tell(&mut self, now: Timestamp, why: Why, mut news: Vec<Told<'a>>) -> Option<Notice<'a>> {
        for told in news.iter().filter(|told| told.news == News::Cleared) {
            if let Some(episode) = &mut self.state.episode {
                episode.told.remove(&AlertKey::of(told.alert));
            }
        }
        news.retain(|told| told.news != News::Cleared || self.sends_recovery(told));
        if why != Why::Repeated && news.iter().all(|told| told.news == News::StillFires) {
            return None;
        }
        let follows = self.state.episode.as_ref().map(|episode| self.key.notice_id(episode.began));
        let episode = self.state.episode.take();
        let mut episode = episode.map_or_else(|| Episode::begin(now), |episode| episode.next(now));
        for told in news.iter().filter(|told| told.news != News::Cleared) {
            episode.told.insert(AlertKey::of(told.alert), told.alert.fired_at);
        }
        let id = self.key.notice_id(episode.last);
        let escalated_after = self.escalated_after(&news);
        let is_over = why == Why::Recovered && episode.told.is_empty();
        self.state.episode = (!is_over).then_some(episode);
        Some(Notice {
            id,
            follows,
            recipient: self.key.recipient.clone(),
            group: self.key.fields.clone(),
            why,
            alerts: news,
            muted: self.muted,
            escalated_after,
            made_at: now,
        })
    }

    fn is_acknowledged(&self, told: &Told<'_>) -> bool {
        let member = self.members.get(&super::gather::identity(told.alert));
        member.is_some_and(|member| member.is_acknowledged)
    }

    /// How long what is notified was not acknowledged, if all of it is escalated and some of it still is not.
    fn escalated_after(&self, news: &[Told<'_>]) -> Option<Duration> {
        let begins = |told: &Told<'_>| matches!(told.news, News::Fires | News::FiresAgain);
        if !news.iter().any(|told| begins(told) && !self.is_acknowledged(told)) {
            return None;
        }
        let after = |told: &Told<'_>| {
            self.members.get(&super::gather::identity(told.alert)).and_then(|member| member.escalates_after)
        };
        news.iter().map(after).min().flatten()
    }

    fn sends_recovery(&self, told: &Told<'_>) -> bool {
        let member = self.members.get(&super::gather::identity(told.alert));
        member.is_some_and(|member| member.send_recovery)
    }

    /// Ends an episode with nothing left to notify, but not before the interval is over: otherwise alerts muted on
    /// and off would be notified each time.
    fn end_what_is_over(&mut self, now: Timestamp) {
        let interval = self.timing.unwrap_or_default().interval;
        if self.state.waiting_since.is_none() && self.is_past_last_notice(now, interval) {
            self.state.episode.take_if(|episode| episode.told.is_empty());
        }
    }
}
