//! Tests of the emulator over real connections, and of its command-line program.

#[cfg(test)]
mod authentication;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod control;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod group_lifecycle;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod journal_limits;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod members;
#[cfg(test)]
mod message_search;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod messages_by_time;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod resets;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod topics;
#[cfg(test)]
mod wire;
