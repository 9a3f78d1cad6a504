//! Sending mails.

use super::{MailFixture, addresses, assert_rejected, mail, only, parse};
use std::sync::Arc;
use tokio::task::JoinSet;
use watchkeeper_domain::MailAddress;
use watchkeeper_ports::Mail;

/// The mails that arrived, by the local part of their `Message-ID`.
async fn ids(fixture: &impl MailFixture) -> Vec<String> {
    let received = fixture.received().await;
    let id =
        |raw: &Vec<u8>| parse(raw).message_id().unwrap().strip_suffix("@example.org").unwrap().to_owned();
    let mut ids: Vec<_> = received.iter().map(id).collect();
    ids.sort_unstable();
    ids
}

pub async fn a_mail_that_is_sent_again_can_be_told_by_its_id<F: MailFixture>() {
    let fixture = F::fresh().await;
    let mailer = fixture.open().await;
    mailer.send(&mail("a")).await.unwrap();
    mailer.send(&mail("a")).await.unwrap();
    drop(mailer);
    fixture.open().await.send(&mail("a")).await.unwrap();
    let ids = ids(&fixture).await;
    assert!(!ids.is_empty() && ids.iter().all(|id| id == "a"), "{ids:?}");
}

pub async fn mails_of_different_ids_are_different_mails<F: MailFixture>() {
    let fixture = F::fresh().await;
    let mailer = fixture.open().await;
    let longest = "x".repeat(128);
    for id in ["a", "a.1", "A", "a-1", "1", &longest] {
        mailer.send(&mail(id)).await.unwrap();
    }
    assert_eq!(ids(&fixture).await, ["1", "A", "a", "a-1", "a.1", &longest]);
}

/// One in this many of [`addresses`] is tried; a prime, so that each of their parts is.
const EVERY: usize = 13;

pub async fn mail_to_and_from_every_address_arrives<F: MailFixture>() {
    let fixture = F::fresh().await;
    let mailer = fixture.open().await;
    let all = addresses().filter_map(|text| text.parse::<MailAddress>().ok());
    let mut expected = Vec::new();
    for (number, address) in all.step_by(EVERY).enumerate() {
        let written = Mail { from: address.clone(), to: address.clone(), ..mail(&number.to_string()) };
        mailer.send(&written).await.unwrap_or_else(|error| panic!("{address}: {error}"));
        expected.push(format!("{number}@{}", address.host()));
    }
    let received = fixture.received().await;
    let mut arrived: Vec<_> =
        received.iter().map(|raw| parse(raw).message_id().unwrap().to_owned()).collect();
    arrived.sort_unstable();
    expected.sort_unstable();
    assert_eq!(arrived, expected);
}

pub async fn an_id_that_is_none_is_rejected_and_nothing_arrives<F: MailFixture>() {
    for id in ["", ".", "..", ".a", "a/b", "../a", "a:2,S", "a b", "a@b", "a\nb", "é", &"x".repeat(129)] {
        assert_rejected::<F>(&mail(id), "id").await;
        assert_rejected::<F>(&Mail { follows: Some(id.to_owned()), ..mail("a") }, "follows").await;
    }
}

pub async fn mails_sent_at_the_same_time_all_arrive<F: MailFixture>() {
    let fixture = F::fresh().await;
    let mailer = fixture.open().await;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let mailer = Arc::clone(&mailer);
        tasks.spawn(async move {
            for number in 0..5 {
                mailer.send(&mail(&format!("{task}-{number}"))).await.unwrap();
                mailer.send(&mail("of-all")).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let mut found = ids(&fixture).await;
    found.dedup();
    let own = (0..8).flat_map(|task| (0..5).map(move |number| format!("{task}-{number}")));
    assert_eq!(found, own.chain(["of-all".to_owned()]).collect::<Vec<_>>());
}

pub async fn what_was_sent_is_there_after_reopening<F: MailFixture>() {
    let fixture = F::fresh().await;
    fixture.open().await.send(&mail("a")).await.unwrap();
    let before = only(&fixture).await;
    fixture.open().await.check().await.unwrap();
    assert_eq!(only(&fixture).await, before);
}

pub async fn a_mailer_in_use_can_be_checked<F: MailFixture>() {
    let fixture = F::fresh().await;
    let mailer = fixture.open().await;
    mailer.check().await.unwrap();
    assert!(fixture.received().await.is_empty(), "a check sends nothing");
    mailer.send(&mail("a")).await.unwrap();
    mailer.check().await.unwrap();
    assert_eq!(fixture.received().await.len(), 1);
}
