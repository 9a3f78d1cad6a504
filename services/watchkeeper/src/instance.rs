//! A role as a process of its own: the first on its host, or a further instance of the role.

use crate::role::{self, Role};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// The numbers of further instances; the first has none.
const FURTHER: RangeInclusive<u16> = 2..=9;
/// How far the ports of an instance are from those of the one before it. All default ports are within as many.
const PORTS_APART: u16 = 100;

/// A role as a process of its own. `persister-2` is the second persister on a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    pub(crate) role: Role,
    /// From 1.
    number: u16,
}

impl Instance {
    /// Whether it is not the first: it must not use the same files.
    pub(crate) fn is_further(self) -> bool {
        self.number > 1
    }

    /// The port of this instance if that of the first one is `first`; any free port (0) stays one. `None` if there is no
    /// such port.
    pub(crate) fn port(self, first: u16) -> Option<u16> {
        if first == 0 { Some(0) } else { first.checked_add(PORTS_APART * (self.number - 1)) }
    }

    /// The address of this instance, if `key` says that the first one listens on `first`.
    ///
    /// # Errors
    /// If the port would be too high.
    pub(crate) fn address(self, key: &str, first: SocketAddr) -> Result<SocketAddr, String> {
        let port = self.port(first.port()).ok_or_else(|| {
            let above = PORTS_APART * (self.number - 1);
            let highest = u16::MAX - above;
            format!(
                "`{key}` is {first}, and {self} would listen {above} ports above that, on a port that does not exist: set \
                 `{key}` to a port up to {highest}"
            )
        })?;
        Ok(SocketAddr::new(first.ip(), port))
    }
}

impl From<Role> for Instance {
    fn from(role: Role) -> Self {
        Self { role, number: 1 }
    }
}

/// `persister`, or `persister-2`: the name of the process and of its unit.
impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, number } = self;
        if self.is_further() { write!(f, "{role}-{number}") } else { write!(f, "{role}") }
    }
}

/// Parses an argument.
#[derive(Clone)]
pub(crate) struct InstanceParser;

impl TypedValueParser for InstanceParser {
    type Value = Instance;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Instance, Error> {
        let text = value.to_str().unwrap_or_default();
        let Some((name, number)) = text.split_once('-') else {
            return role::parser().parse_ref(cmd, arg, value).map(Instance::from);
        };
        // First the role: its error names the roles that there are.
        let role = role::parser().parse_ref(cmd, arg, OsStr::new(name))?;
        let number = number.parse().ok().filter(|number| FURTHER.contains(number));
        number.map(|number| Instance { role, number }).ok_or_else(|| no_such_instance(cmd, arg, text, role))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values: Vec<_> = role::parser().possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}

fn no_such_instance(cmd: &Command, arg: Option<&Arg>, text: &str, role: Role) -> Error {
    let mut error = Error::new(ErrorKind::ValueValidation).with_cmd(cmd);
    let arg = arg.map_or_else(|| "ROLE".to_owned(), ToString::to_string);
    error.insert(ContextKind::InvalidArg, ContextValue::String(arg));
    error.insert(ContextKind::InvalidValue, ContextValue::String(text.to_owned()));
    let (first, last) = (FURTHER.start(), FURTHER.end());
    let hint = format!("the instances on a host are {role}, and {role}-{first} to {role}-{last}");
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::ROLES;

    fn parse(text: &str) -> Result<Instance, String> {
        let (command, arg) = (Command::new("watchkeeper"), Arg::new("ROLE").required(true));
        let parsed = InstanceParser.parse_ref(&command, Some(&arg), OsStr::new(text));
        parsed.map_err(|error| error.to_string())
    }

    #[test]
    fn a_role_and_its_further_instances_are_named_as_they_are_shown() {
        for role in ROLES {
            assert_eq!(parse(role.name).unwrap().to_string(), role.name);
            for number in FURTHER {
                let name = format!("{role}-{number}");
                assert_eq!(parse(&name).unwrap().to_string(), name);
            }
        }
    }

    #[test]
    fn an_instance_or_a_role_that_does_not_exist_is_refused_with_those_that_do() {
        for text in ["persister-1", "persister-10", "persister-", "persister-x", "persister-2-3"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(&format!("invalid value '{text}' for '<ROLE>'")), "{error}");
            assert!(error.contains("are persister, and persister-2 to persister-9"), "{error}");
        }
        for text in ["persistr", "persistr-2"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("possible values: ") && error.contains("'persister'"), "{error}");
        }
    }

    #[test]
    fn an_instance_listens_a_hundred_ports_above_the_one_before_it() {
        let port = |instance: &str, first| parse(instance).unwrap().port(first);
        assert_eq!(port("cache", 8463), Some(8463));
        assert_eq!(port("cache-2", 8463), Some(8563));
        assert_eq!(port("cache-9", 8463), Some(9263));
        assert_eq!(port("cache-9", 0), Some(0), "any free port");
        assert_eq!((port("cache-9", 64735), port("cache-9", 64736)), (Some(65535), None));
        let error = parse("cache-9").unwrap().address("listen.cache", "[::1]:64736".parse().unwrap());
        assert_eq!(
            error.unwrap_err(),
            "`listen.cache` is [::1]:64736, and cache-9 would listen 800 ports above that, on a port that does not exist: \
             set `listen.cache` to a port up to 64735"
        );
    }

    #[test]
    fn no_two_instances_share_a_default_port() {
        let ports = || ROLES.iter().flat_map(|role| [Some(role.http_port), role.grpc.map(|grpc| grpc.port)]);
        let (lowest, highest) = (ports().flatten().min().unwrap(), ports().flatten().max().unwrap());
        assert!(highest - lowest < PORTS_APART);
    }
}
