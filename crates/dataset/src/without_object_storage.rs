//! Stands for object storage where the program was built without it: no folder can be opened.

use std::collections::BTreeSet;
use std::path::Path;

use crate::shard_format::ShardError;

/// A folder that cannot exist.
#[derive(Debug)]
pub(crate) enum RemoteFolder {}

impl RemoteFolder {
    pub(crate) fn open(url: &str) -> Result<Self, ShardError> {
        let url = url.to_owned();
        Err(ShardError::NoStorage { url })
    }

    pub(crate) fn names(&self, _: &str) -> Result<BTreeSet<String>, ShardError> {
        match *self {}
    }

    pub(crate) fn get(&self, _: &str) -> Result<Option<Vec<u8>>, ShardError> {
        match *self {}
    }

    pub(crate) fn put(&self, _: &str, _: Vec<u8>) -> Result<(), ShardError> {
        match *self {}
    }

    pub(crate) fn put_file(&self, _: &str, _: &Path) -> Result<(), ShardError> {
        match *self {}
    }

    pub(crate) fn remove(&self, _: &str) -> Result<(), ShardError> {
        match *self {}
    }
}
