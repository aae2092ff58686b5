//! Credentials looked up once, at the first request, and kept.

use tokio::sync::OnceCell;

use super::{Chain, Credentials};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::host::Host;

/// A chain with its result. An error is not kept: the next request searches again.
#[derive(Debug)]
pub(in crate::huaweicloud) struct Cache {
    chain: Chain,
    found: OnceCell<Credentials>,
}

impl Cache {
    pub(in crate::huaweicloud) fn new(chain: Chain) -> Self {
        Self { chain, found: OnceCell::new() }
    }

    /// Where the credentials come from.
    pub(in crate::huaweicloud) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The credentials for one attempt; asked anew for each, so that renewal can happen here.
    pub(in crate::huaweicloud) async fn get(&self, host: &Host) -> Result<&Credentials, Error> {
        self.found.get_or_try_init(|| self.chain.resolve(host)).await
    }
}
