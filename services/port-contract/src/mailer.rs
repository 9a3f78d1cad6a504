//! What every [`Mailer`] promises.

mod addresses;
mod message;
mod sending;

pub use addresses::addresses;
pub use message::*;
pub use sending::*;

use crate::samples::noon;
use crate::{Fixture, suite};
use mail_parser::{Message, MessageParser};
use std::future::Future;
use watchkeeper_domain::MailAddress;
use watchkeeper_ports::{Failure, Mail, Mailer};

suite!(($) mailer_contract, mailer, [
    a_mail_arrives_as_it_was_written,
    a_mail_without_html_is_text,
    texts_come_back_exactly,
    names_of_people_come_back_exactly,
    a_mail_that_follows_another_says_so,
    no_line_is_longer_than_a_mail_server_takes,
    nothing_can_be_added_to_the_header,
    a_mail_that_is_sent_again_can_be_told_by_its_id,
    mails_of_different_ids_are_different_mails,
    mail_to_and_from_every_address_arrives,
    an_id_that_is_none_is_rejected_and_nothing_arrives,
    mails_sent_at_the_same_time_all_arrive,
    what_was_sent_is_there_after_reopening,
    a_mailer_in_use_can_be_checked,
]);

/// Gives access to the sent mails.
pub trait MailFixture: Fixture<dyn Mailer> {
    /// The messages as they arrived, in any order.
    fn received(&self) -> impl Future<Output = Vec<Vec<u8>>> + Send;
}

fn mail(id: &str) -> Mail {
    Mail {
        id: id.to_owned(),
        follows: None,
        from: address("Watchkeeper <watchkeeper@example.org>"),
        to: address("ops@example.com"),
        subject: "shop is down".into(),
        text: "shop is down\nfor 2m\n".into(),
        html: Some("<p>shop is <b>down</b></p>\n".into()),
        attachment: None,
        date: noon(),
    }
}

fn address(text: &str) -> MailAddress {
    text.parse().unwrap()
}

/// The only message that has arrived.
async fn only(fixture: &impl MailFixture) -> Vec<u8> {
    let mut received = fixture.received().await;
    assert_eq!(received.len(), 1);
    received.remove(0)
}

fn parse(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

/// Sends one mail and takes the message that arrives.
async fn arrival<F: MailFixture>(mail: &Mail) -> Vec<u8> {
    let fixture = F::fresh().await;
    fixture.open().await.send(mail).await.unwrap();
    only(&fixture).await
}

async fn assert_rejected<F: MailFixture>(mail: &Mail, field: &str) {
    let fixture = F::fresh().await;
    let error = fixture.open().await.send(mail).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Reject, "{error}");
    assert!(error.to_string().contains(field), "{error}");
    assert!(fixture.received().await.is_empty());
}
