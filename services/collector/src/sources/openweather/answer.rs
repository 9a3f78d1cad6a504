//! OpenWeather's responses.

use crate::readings::Readings;
use serde::Deserialize;
use watchkeeper_domain::Timestamp;

/// The response to `GET /data/2.5/weather`, as far as it is used.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(super) struct Weather {
    /// The time of the measurement, in seconds since 1970.
    dt: i64,
    main: Air,
    wind: Wind,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Air {
    temp: f64,
    humidity: f64,
    pressure: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Wind {
    speed: f64,
}

impl Weather {
    /// The time of the measurement; `None` if it is not a valid instant.
    pub(super) fn measured_at(&self) -> Option<Timestamp> {
        Timestamp::from_micros(self.dt.checked_mul(1_000_000)?)
    }

    /// Adds each value to its series.
    pub(super) fn add_to(self, readings: &mut Readings) {
        readings.add("temperature", "°C", &[], self.main.temp);
        readings.add("humidity", "percent", &[], self.main.humidity);
        readings.add("pressure", "hPa", &[], self.main.pressure);
        readings.add("wind_speed", "m/s", &[], self.wind.speed);
    }
}

/// Decodes a response. Errors never quote it: a server may repeat the request.
pub(super) fn decode(body: &[u8]) -> Result<Weather, String> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = if error.is_data() { "JSON of another shape" } else { "no whole JSON" };
        format!("OpenWeather answered with {what}, at line {line}, column {column}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANSWER: &str = r#"{"coord":{"lon":13.4,"lat":52.5},"main":{"temp":-3.5,"humidity":81,"pressure":1014},
        "wind":{"speed":4.1,"deg":80},"dt":1795168800,"cod":200}"#;

    #[test]
    fn whole_numbers_and_fractions_are_read() {
        let weather = decode(ANSWER.as_bytes()).unwrap();
        assert_eq!(weather.main, Air { temp: -3.5, humidity: 81.0, pressure: 1014.0 });
        assert_eq!(weather.measured_at().unwrap().to_string(), "2026-11-20T10:00:00Z");
    }

    #[test]
    fn an_answer_of_another_shape_is_refused_without_quoting_it() {
        let refused = |body: &str| decode(body.as_bytes()).unwrap_err();
        assert_eq!(refused(&ANSWER[..60]), "OpenWeather answered with no whole JSON, at line 1, column 60");
        let error = refused(&ANSWER.replace("-3.5", "\"hunter2\""));
        assert!(error.starts_with("OpenWeather answered with JSON of another shape"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        assert!(refused(&ANSWER.replace("\"dt\"", "\"date\"")).contains("of another shape"));
    }

    #[test]
    fn a_time_that_is_no_instant_is_none() {
        for dt in ["-1", "9223372036854775807"] {
            let weather = decode(ANSWER.replace("1795168800", dt).as_bytes()).unwrap();
            assert_eq!(weather.measured_at(), None, "{dt}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(cut in 0..ANSWER.len(), noise: Vec<u8>) {
            let _ = decode(&noise);
            let damaged = [&ANSWER.as_bytes()[..cut], &noise].concat();
            if let Ok(weather) = decode(&damaged) {
                let _ = weather.measured_at();
            }
        }
    }
}
