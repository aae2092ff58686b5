//! The order in which sources are asked, and what ends the search.

use super::assume_role::AssumeRole;
use super::{Credentials, EcsMetadata, FixedKeys, HcloudProfile, Variables, sdk_file};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::iam::{DomainId, ProjectId};
use crate::huaweicloud::region::Region;
use crate::huaweicloud::system::System;

/// One place that may have keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// Keys stated outright.
    Fixed(FixedKeys),
    /// A set of environment variables.
    Environment(Variables),
    /// A profile of hcloud, the command line of the cloud.
    Profile(HcloudProfile),
    /// The credentials file of the official SDKs.
    SdkFile,
    /// The metadata service of the virtual machine that this runs on.
    EcsMetadata(EcsMetadata),
}

/// What a source says when it is not broken.
#[derive(Debug)]
pub(super) enum Lookup {
    /// Keys: the search ends.
    Found(Credentials),
    /// Nothing here, and why: the next source is asked.
    Absent(String),
}

/// What a file says besides keys: it counts where nobody else says anything.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// The usual region.
    pub region: Option<Region>,
    /// The project, in that region if one is named, else in whatever region is used.
    pub project_id: Option<ProjectId>,
    /// The account that the keys belong to.
    pub domain_id: Option<DomainId>,
    /// The role to take on with the keys.
    pub assume_role: Option<AssumeRole>,
}

impl Source {
    /// `None`: it can't be told without the network.
    async fn lookup(&self, system: &System) -> Option<Result<Lookup, Error>> {
        match self {
            Self::Fixed(keys) => Some(keys.lookup()),
            Self::Environment(variables) => Some(variables.lookup(system.environment())),
            Self::Profile(profile) => Some(profile.lookup(system).await),
            Self::SdkFile => Some(sdk_file::lookup(system).await),
            Self::EcsMetadata(_) => None,
        }
    }

    /// `has_keys`: the search for keys ends here.
    async fn defaults(&self, system: &System, has_keys: bool) -> Result<Option<Defaults>, Error> {
        match self {
            Self::Profile(profile) if has_keys || profile.is_named(system) => profile.defaults(system).await.map(Some),
            Self::SdkFile if has_keys => sdk_file::defaults(system).await.map(Some),
            _ => Ok(None),
        }
    }

    fn describe(&self, system: &System) -> String {
        match self {
            Self::Fixed(_) => FixedKeys::describe().to_owned(),
            Self::Environment(variables) => variables.describe().to_owned(),
            Self::Profile(profile) => profile.describe(system),
            Self::SdkFile => sdk_file::describe(system),
            Self::EcsMetadata(_) => EcsMetadata::describe().to_owned(),
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

    /// Explicit keys first, then what this computer has of itself: the environment, with every set of
    /// [`Variables::ALL`], and the files.
    #[must_use]
    pub fn standard(fixed: FixedKeys) -> Self {
        Self::complete(fixed, HcloudProfile::default(), None)
    }

    /// Every source there is. Metadata is asked only when it is given: elsewhere than on a virtual machine of the cloud
    /// its address may be anybody's.
    #[must_use]
    pub fn complete(fixed: FixedKeys, profile: HcloudProfile, metadata: Option<EcsMetadata>) -> Self {
        let mut sources = vec![Source::Fixed(fixed)];
        sources.extend(Variables::ALL.map(Source::Environment));
        sources.extend([Source::Profile(profile), Source::SdkFile]);
        sources.extend(metadata.map(Source::EcsMetadata));
        Self::new(sources)
    }

    /// Looks, without the network, whether signing in would stop at a broken source, so that it can be told early. That
    /// no source has keys is no error here: nothing may ever need them.
    ///
    /// Returns what the files say besides keys: a profile that is named, wherever the keys are from, or the file that
    /// the keys are from. A role counts only where no source before has keys. What lies in a file that nobody named says
    /// nothing about the keys of others.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken.
    pub async fn check(&self, system: &System) -> Result<Defaults, Error> {
        let mut searching = true;
        let mut defaults = None;
        for source in &self.sources {
            let others_keys = !searching;
            let has_keys = searching && matches!(source.lookup(system).await.transpose()?, Some(Lookup::Found(_)));
            searching &= !has_keys;
            if defaults.is_none() {
                defaults = source.defaults(system, has_keys).await?.map(|found| match others_keys {
                    // A role is for the keys beside it: with others it is another account's, or not there.
                    true => Defaults { assume_role: None, ..found },
                    false => found,
                });
            }
        }
        Ok(defaults.unwrap_or_default())
    }

    /// Whether the outcome of [`Chain::check`] can depend on a file. Does not read any file.
    #[must_use]
    pub fn depends_on_files(&self, system: &System) -> bool {
        let has_keys = |source: &Source| match source {
            Source::Fixed(keys) => matches!(keys.lookup(), Ok(Lookup::Found(_))),
            Source::Environment(variables) => matches!(variables.lookup(system.environment()), Ok(Lookup::Found(_))),
            _ => false,
        };
        let is_named = |source: &Source| matches!(source, Source::Profile(profile) if profile.is_named(system));
        self.sources.iter().any(is_named) || !self.sources.iter().any(has_keys)
    }

    /// The credentials of the first source that has some.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken (it is named, and what is wrong with it), or
    /// no source has keys (every one is listed with the reason).
    pub(in crate::huaweicloud) async fn resolve(&self, client: &Client) -> Result<Credentials, Error> {
        let (source, credentials) = self.search(client).await?;
        log::debug!(source = source.as_str(); "credentials found");
        Ok(credentials)
    }

    /// As [`Chain::resolve`], with what the source calls itself.
    pub(in crate::huaweicloud) async fn search(&self, client: &Client) -> Result<(String, Credentials), Error> {
        let system = client.system();
        let mut tried = Vec::new();
        for source in &self.sources {
            let lookup = match source {
                Source::EcsMetadata(metadata) => Some(metadata.lookup(client).await),
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
