//! What lies outside this layer: the clock and the environment, handed in by the caller.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time of day. Signatures carry it, so tests fix it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The clock of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A copy of environment variables. Blank counts as unset.
///
/// `Debug` shows the names only: values may be secret.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process, as they are now.
    ///
    /// A value that is not Unicode keeps its readable part; whoever needs the value then finds the
    /// replacement character in it and can say so, which beats "not set".
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect()
    }

    /// The value of a variable without surrounding white space; `None` when unset or blank.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

impl<Name: Into<String>, Value: Into<String>> FromIterator<(Name, Value)> for Environment {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Everything outside, in one value that is cheap to clone.
#[derive(Clone, Debug)]
pub struct Host {
    clock: Arc<dyn Clock>,
    environment: Arc<Environment>,
}

impl Host {
    /// A host made of the given parts.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, environment: Environment) -> Self {
        Self { clock, environment: Arc::new(environment) }
    }

    /// This computer's clock and this process's environment.
    #[must_use]
    pub fn real() -> Self {
        Self::new(Arc::new(SystemClock), Environment::of_process())
    }

    /// The present moment, by this host's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The variables.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_variables_are_unset_and_values_are_trimmed() {
        let environment: Environment = [("BLANK", "  \t"), ("EMPTY", ""), ("PADDED", " value\n")].into_iter().collect();
        assert_eq!(environment.get("BLANK"), None);
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.get("ABSENT"), None);
        assert_eq!(environment.get("PADDED"), Some("value"));
    }

    #[test]
    fn debug_shows_names_without_values() {
        let environment: Environment = [("HW_SECRET_KEY", "top-secret")].into_iter().collect();
        let text = format!("{environment:?}");
        assert!(text.contains("HW_SECRET_KEY"), "{text}");
        assert!(!text.contains("top-secret"), "{text}");
    }
}
