//! The order in which sources are tried, and what ends the search.

use super::defaults::Defaults;
use super::environment::Variables;
use super::key_parts::Lookup;
use super::metadata::{self, EcsMetadata};
use super::profile::HcloudProfile;
use super::sdk_file;
use super::static_credentials::{self, StaticCredentials};
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::Sender;
use crate::huaweicloud::signing::Credentials;
use crate::huaweicloud::system::System;

/// A source of credentials.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// Credentials that the caller passes.
    Static(StaticCredentials),
    /// A set of environment variables.
    Environment(Variables),
    /// A profile of hcloud (KooCLI), the command line tool of the cloud.
    Profile(HcloudProfile),
    /// The credentials file of the official SDKs.
    SdkFile,
    /// The metadata service of the virtual machine on which this process runs.
    EcsMetadata(EcsMetadata),
}

impl Source {
    /// Looks for credentials without the network. `None`: the source needs the network.
    async fn lookup(&self, system: &System) -> Option<Result<Lookup, Error>> {
        match self {
            Self::Static(credentials) => Some(credentials.lookup()),
            Self::Environment(variables) => Some(variables.lookup(system.environment())),
            Self::Profile(profile) => Some(profile.lookup(system).await),
            Self::SdkFile => Some(sdk_file::lookup(system).await),
            Self::EcsMetadata(_) => None,
        }
    }

    /// The settings of the source, if they apply. `is_used`: the search for credentials ends at this source.
    async fn defaults(&self, system: &System, is_used: bool) -> Result<Option<Defaults>, Error> {
        match self {
            Self::Profile(profile) if is_used || profile.is_named(system) => profile.defaults(system).await.map(Some),
            Self::SdkFile if is_used => sdk_file::defaults(system).await.map(Some),
            _ => Ok(None),
        }
    }

    fn describe(&self, system: &System) -> String {
        match self {
            Self::Static(_) => static_credentials::SOURCE.to_owned(),
            Self::Environment(variables) => variables.describe().to_owned(),
            Self::Profile(profile) => profile.describe(system),
            Self::SdkFile => sdk_file::describe(system),
            Self::EcsMetadata(_) => metadata::SOURCE.to_owned(),
        }
    }
}

/// Sources in search order.
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

    /// The given credentials, then every set of environment variables ([`Variables::ALL`]), then the files.
    #[must_use]
    pub fn standard(credentials: StaticCredentials) -> Self {
        Self::complete(credentials, HcloudProfile::default(), None)
    }

    /// Every source. The metadata service is opt-in, because outside of the cloud's virtual machines its address may
    /// belong to another computer.
    #[must_use]
    pub fn complete(credentials: StaticCredentials, profile: HcloudProfile, metadata: Option<EcsMetadata>) -> Self {
        let mut sources = vec![Source::Static(credentials)];
        sources.extend(Variables::ALL.map(Source::Environment));
        sources.extend([Source::Profile(profile), Source::SdkFile]);
        sources.extend(metadata.map(Source::EcsMetadata));
        Self::new(sources)
    }

    /// Checks, without the network, whether the search would end at a broken source, so that the error can be reported
    /// early. Missing credentials are not an error, because there may never be a request that needs them.
    ///
    /// Returns the settings of a named profile, otherwise those of the file that has the credentials. A file that is
    /// neither named nor used does not apply: its project may belong to another account. A role applies only to the
    /// credentials of the same file.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken.
    pub async fn check(&self, system: &System) -> Result<Defaults, Error> {
        let mut searching = true;
        let mut defaults = None;
        for source in &self.sources {
            let found_before = !searching;
            let is_used = searching && matches!(source.lookup(system).await.transpose()?, Some(Lookup::Found(_)));
            searching &= !is_used;
            if defaults.is_none() {
                defaults = source.defaults(system, is_used).await?.map(|defaults| match found_before {
                    true => Defaults { assume_role: None, ..defaults },
                    false => defaults,
                });
            }
        }
        Ok(defaults.unwrap_or_default())
    }

    /// Whether the result of [`Chain::check`] can depend on a file. Does not read any file.
    #[must_use]
    pub fn depends_on_files(&self, system: &System) -> bool {
        let has_credentials = |source: &Source| match source {
            Source::Static(credentials) => matches!(credentials.lookup(), Ok(Lookup::Found(_))),
            Source::Environment(variables) => matches!(variables.lookup(system.environment()), Ok(Lookup::Found(_))),
            _ => false,
        };
        let is_named = |source: &Source| matches!(source, Source::Profile(profile) if profile.is_named(system));
        self.sources.iter().any(is_named) || !self.sources.iter().any(has_credentials)
    }

    /// The credentials of the first source that has some.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken (the error names it), or no source has credentials (the error
    /// lists every source with the reason).
    pub(super) async fn resolve(&self, sender: &Sender) -> Result<Credentials, Error> {
        let (source, credentials) = self.search(sender).await?;
        log::debug!(source = source.as_str(); "credentials found");
        Ok(credentials)
    }

    /// As [`Chain::resolve`], together with the description of the source.
    ///
    /// # Errors
    /// As for [`Chain::resolve`].
    pub(super) async fn search(&self, sender: &Sender) -> Result<(String, Credentials), Error> {
        let system = sender.system();
        let mut tried = Vec::new();
        for source in &self.sources {
            let lookup = match source {
                Source::EcsMetadata(metadata) => Some(metadata.lookup(sender).await),
                source => source.lookup(system).await,
            };
            match lookup.transpose()? {
                Some(Lookup::Found(credentials)) => {
                    return Ok((source.describe(system), credentials));
                }
                Some(Lookup::Absent(why)) => tried.push(format!("{}: {why}", source.describe(system))),
                None => {}
            }
        }
        Err(Error::new(ErrorKind::Credentials, format!("no credentials found; tried {}", tried.join("; "))))
    }
}
