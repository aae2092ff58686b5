//! The order in which sources are asked, and what ends the search.

use super::{Credentials, FixedKeys, Variables};
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::host::Host;

/// One place that may have keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// Keys stated outright.
    Fixed(FixedKeys),
    /// A set of environment variables.
    Environment(Variables),
}

/// What a source says when it is not broken.
#[derive(Debug)]
pub(super) enum Lookup {
    /// Keys: the search ends.
    Found(Credentials),
    /// Nothing here, and why: the next source is asked.
    Absent(String),
}

impl Source {
    fn lookup(&self, host: &Host) -> Result<Lookup, Error> {
        match self {
            Self::Fixed(keys) => keys.lookup(),
            Self::Environment(variables) => variables.lookup(host.environment()),
        }
    }

    fn describe(&self) -> &'static str {
        match self {
            Self::Fixed(_) => FixedKeys::describe(),
            Self::Environment(variables) => variables.describe(),
        }
    }
}

/// Sources in order.
#[derive(Clone, Debug)]
pub struct Chain {
    sources: Vec<Source>,
}

impl Chain {
    /// A chain of exactly these sources.
    #[must_use]
    pub fn new(sources: Vec<Source>) -> Self {
        Self { sources }
    }

    /// Explicit keys first, then the environment: every set of [`Variables::ALL`].
    #[must_use]
    pub fn standard(fixed: FixedKeys) -> Self {
        let environment = Variables::ALL.map(Source::Environment);
        Self::new(std::iter::once(Source::Fixed(fixed)).chain(environment).collect())
    }

    /// Looks, without waiting, whether [`Chain::resolve`] would stop at a broken source, so that it can be told
    /// early. That no source has keys is no error here: nothing may ever need them.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken.
    pub fn check(&self, host: &Host) -> Result<(), Error> {
        for source in &self.sources {
            if let Lookup::Found(_) = source.lookup(host)? {
                break;
            }
        }
        Ok(())
    }

    /// The credentials of the first source that has some. Asynchronous for the sources to come that ask services.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken (it is named, and what is wrong with it), or
    /// no source has keys (every one is listed with the reason).
    pub async fn resolve(&self, host: &Host) -> Result<Credentials, Error> {
        let (source, credentials) = self.search(host).await?;
        log::debug!(source = source.as_str(); "credentials found");
        Ok(credentials)
    }

    /// As [`Chain::resolve`], with what the source calls itself.
    pub(in crate::huaweicloud) async fn search(&self, host: &Host) -> Result<(String, Credentials), Error> {
        let mut tried = Vec::new();
        for source in &self.sources {
            match source.lookup(host)? {
                Lookup::Found(credentials) => return Ok((source.describe().to_owned(), credentials)),
                Lookup::Absent(why) => tried.push(format!("{}: {why}", source.describe())),
            }
        }
        Err(Error::new(ErrorKind::Credentials, format!("no credentials found; tried {}", tried.join("; "))))
    }
}
