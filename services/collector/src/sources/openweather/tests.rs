//! OpenWeather's answers, in their documented shape, and what becomes of each.

use super::target::{CityTarget, MAX_ANSWER_BYTES};
use super::{OpenWeather, OpenWeatherConfig};
use crate::sources::base_url::BaseUrl;
use crate::sources::hold::{BAD_CREDENTIAL_WAIT, QUOTA_WAIT};
use crate::sources::scripted_api::{Answer, answer, asks_to_wait, padded};
use crate::target::{CollectError, Target as _, Timing};
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_http_client::{Access, Trust};
use watchkeeper_test_kit::Server;
use watchkeeper_test_kit::{nowhere, serve_slowly};

/// It has to be percent-encoded, so that each of its two spellings is looked for.
const KEY: &str = "hunter2+0123&456";
const ENCODED_KEY: &str = "hunter2%2B0123%26456";

const MEASURED_AT: i64 = 1_795_168_800;

fn weather(measured_at: i64) -> String {
    format!(
        r#"{{"coord":{{"lon":13.4105,"lat":52.5244}},
        "weather":[{{"id":804,"main":"Clouds","description":"overcast clouds","icon":"04d"}}],"base":"stations",
        "main":{{"temp":-3.46,"feels_like":-8.1,"temp_min":-4.5,"temp_max":-2.9,"pressure":1014,"humidity":81}},
        "visibility":10000,"wind":{{"speed":4.12,"deg":80}},"clouds":{{"all":100}},"dt":{measured_at},
        "sys":{{"country":"DE","sunrise":1795156000,"sunset":1795186000}},"timezone":3600,"id":2950159,
        "name":"Berlin","cod":200}}"#
    )
}

fn config(base_url: BaseUrl, cities: &[&str]) -> OpenWeatherConfig {
    OpenWeatherConfig {
        timing: Timing::new(Duration::from_secs(600), Duration::ZERO, Duration::from_secs(10)),
        cities: cities.iter().map(|name| name.parse().unwrap()).collect(),
        key: KEY.to_owned().into(),
        base_url,
        access: Access::default(),
    }
}

/// The targets of two cities that share a key.
fn targets(api: &Server) -> [CityTarget; 2] {
    let config = config(api.url.parse().unwrap(), &["Berlin,DE", "São Paulo,BR"]);
    open(&config).try_into().ok().unwrap()
}

fn open(config: &OpenWeatherConfig) -> Vec<CityTarget> {
    let mut source = OpenWeather::default();
    config.of_each().map(|(config, city)| source.target(&config, &city, false)).collect()
}

/// What becomes of one answer.
async fn outcome(of: Answer) -> Result<Vec<Sample>, CollectError> {
    targets(&Server::scripted([of]).await)[0].collect().await
}

#[tokio::test]
async fn the_weather_becomes_samples_of_when_it_was_measured() {
    let samples = outcome(answer(200, &[], weather(MEASURED_AT - 86_400 * 400))).await.unwrap();
    let shown: Vec<_> =
        samples.iter().map(|sample| format!("{} = {}", sample.series, sample.value)).collect();
    assert_eq!(
        shown,
        [
            r#"openweather/temperature{city="Berlin,DE"} °C = -3.46"#,
            r#"openweather/humidity{city="Berlin,DE"} percent = 81"#,
            r#"openweather/pressure{city="Berlin,DE"} hPa = 1014"#,
            r#"openweather/wind_speed{city="Berlin,DE"} m/s = 4.12"#,
        ]
    );
    assert_eq!(samples[0].collected_at.to_string(), "2025-10-16T10:00:00Z");
}

#[tokio::test]
async fn a_city_is_asked_for_in_metric_units_with_the_key() {
    let api = Server::scripted([answer(200, &[], weather(1)), answer(200, &[], weather(1))]).await;
    for mut target in targets(&api) {
        target.collect().await.unwrap();
    }
    let asked: Vec<_> = api.requests().into_iter().map(|asked| asked.target).collect();
    let of = |city: &str| format!("/data/2.5/weather?q={city}&units=metric&appid={ENCODED_KEY}");
    assert_eq!(asked, [of("Berlin%2CDE"), of("S%C3%A3o%20Paulo%2CBR")]);
}

#[tokio::test]
async fn a_measurement_is_given_once() {
    let api = Server::scripted([10, 10, 9, 11].map(|at| answer(200, &[], weather(at)))).await;
    let [mut target, _] = targets(&api);
    let mut given = Vec::new();
    for _ in 0..4 {
        given.push(target.collect().await.unwrap().len());
    }
    assert_eq!(given, [4, 0, 0, 4]);
}

#[tokio::test]
async fn a_measurement_of_a_later_time_is_not_understood() {
    let tomorrow = Timestamp::now().plus(Duration::from_secs(86_400)).as_micros() / 1_000_000;
    for at in [tomorrow, -1] {
        let error = outcome(answer(200, &[], weather(at))).await.unwrap_err();
        assert_eq!(error.to_string(), "unexpected answer: the time of the measurement is not in the past");
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_not_tried_for_each_city() {
    let body =
        r#"{"cod":401, "message": "Invalid API key. Please see https://openweathermap.org/faq#error401"}"#;
    let api = Server::scripted([answer(401, &[], body)]).await;
    for mut target in targets(&api) {
        let error = target.collect().await.unwrap_err();
        assert_eq!(error.to_string(), "refused: the token or key is not accepted");
        assert!(asks_to_wait(&error, BAD_CREDENTIAL_WAIT), "{error:?}");
    }
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn when_the_quota_is_used_up_no_city_is_asked_for() {
    let body = r#"{"cod":429,"message":"Your account is temporary blocked due to exceeding of requests."}"#;
    let five_minutes = Duration::from_secs(300);
    for (headers, wait) in [(&[][..], QUOTA_WAIT), (&[("retry-after", "300")][..], five_minutes)] {
        let api = Server::scripted([answer(429, headers, body)]).await;
        for mut target in targets(&api) {
            let error = target.collect().await.unwrap_err();
            assert_eq!(error.to_string(), "refused: the quota is used up");
            assert!(asks_to_wait(&error, wait), "{error:?}");
        }
        assert_eq!(api.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_city_that_is_not_known_is_told_and_stops_no_other() {
    let unknown = answer(404, &[], r#"{"cod":"404","message":"city not found"}"#);
    let api = Server::scripted([unknown, answer(200, &[], weather(MEASURED_AT - 86_400 * 400))]).await;
    let [mut one, mut other] = targets(&api);
    let error = one.collect().await.unwrap_err();
    assert_eq!(error.to_string(), "unexpected answer: OpenWeather knows no city of that name");
    assert_eq!(other.collect().await.unwrap().len(), 4);
}

#[tokio::test]
async fn an_answer_past_the_bound_is_refused_and_one_up_to_it_is_read() {
    assert_eq!(outcome(answer(200, &[], padded(&weather(1), MAX_ANSWER_BYTES))).await.unwrap().len(), 4);
    let error = outcome(answer(200, &[], padded(&weather(1), MAX_ANSWER_BYTES + 1))).await.unwrap_err();
    assert!(error.to_string().contains("more than 65536 bytes"), "{error}");
}

/// Answers of every kind that is no weather, each repeating the URL that was asked for.
fn failures() -> Vec<Answer> {
    let url = format!("http://127.0.0.1/data/2.5/weather?appid={ENCODED_KEY}&key={KEY}");
    let statuses = [301, 302, 307, 308, 400, 401, 403, 404, 405, 418, 429, 500, 502, 503, 504];
    let bodies = [
        format!(r#"{{"cod":1,"message":"{url}"}}"#),
        format!(r#"{{"dt":"{url}","main":{{}},"wind":{{}}}}"#),
        format!(r#"{{"{url}":"#),
        url.clone(),
    ];
    let of_status = statuses.map(|status| answer(status, &[("location", &*url)], bodies[0].as_str()));
    of_status.into_iter().chain(bodies.iter().map(|body| answer(200, &[], body.as_str()))).collect()
}

#[tokio::test]
async fn no_error_shows_the_key_even_if_the_server_repeats_it() {
    let mut errors = Vec::new();
    for failure in failures() {
        errors.push(outcome(failure).await.unwrap_err());
    }
    let timing = Timing::new(Duration::from_secs(60), Duration::ZERO, Timing::MIN_TIMEOUT);
    for url in [nowhere().await, serve_slowly("{").await, "http://name.invalid".to_owned()] {
        let config = OpenWeatherConfig { timing, ..config(url.parse().unwrap(), &["Berlin,DE"]) };
        errors.push(open(&config)[0].collect().await.unwrap_err());
    }
    for error in errors {
        let shown = format!("{error} {error:?}");
        for secret in [KEY, ENCODED_KEY, "appid"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let shown = format!("{:?}", config("http://h".parse().unwrap(), &["Berlin,DE"]));
    assert!(!shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn each_failure_is_of_its_kind() {
    let kind = |error: &CollectError| match error {
        CollectError::Unreachable(_) => "unreachable",
        CollectError::TimedOut(_) => "timed out",
        CollectError::Refused { .. } => "refused",
        CollectError::CannotProbe(_) => "cannot probe",
        CollectError::Malformed(_) => "malformed",
    };
    for (failure, expected) in [
        (answer(301, &[("location", "/elsewhere")], ""), "malformed"),
        (answer(400, &[], r#"{"cod":"400","message":"Nothing to geocode"}"#), "malformed"),
        (answer(403, &[], ""), "refused"),
        (answer(500, &[], r#"{"cod":"500","message":"Internal error"}"#), "unreachable"),
        (answer(200, &[], &weather(1)[..300]), "malformed"),
        (answer(200, &[], ""), "malformed"),
    ] {
        let error = outcome(failure).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let base_url = serve_slowly("{\"dt\":").await.parse().unwrap();
    let timing = Timing::new(Duration::from_secs(60), Duration::ZERO, Timing::MIN_TIMEOUT);
    let config = OpenWeatherConfig { timing, ..config(base_url, &["Berlin,DE"]) };
    let error = open(&config)[0].collect().await.unwrap_err();
    assert_eq!(error, CollectError::TimedOut(Timing::MIN_TIMEOUT));
}

#[tokio::test]
async fn configured_headers_are_sent_and_a_ca_file_is_used() {
    let api = Server::scripted([answer(200, &[], weather(MEASURED_AT))]).await;
    let headers = [("X-Team".to_owned(), "ops".to_owned())].into();
    let access = Access { headers, ..Access::default() };
    let config = OpenWeatherConfig { access, ..config(api.url.parse().unwrap(), &["Berlin,DE"]) };
    open(&config)[0].collect().await.unwrap();
    assert_eq!(api.requests()[0].header("x-team"), Some("ops"));

    let access = Access { trust: Trust::File("/no/such/ca.pem".into()), ..Access::default() };
    let config = OpenWeatherConfig { access, ..config };
    let error = open(&config)[0].collect().await.unwrap_err().to_string();
    assert!(error.starts_with("not reachable: cannot use ca_file /no/such/ca.pem: "), "{error}");
}
