//! A folder of an object storage: S3, Google Cloud Storage, Azure, or `file://`.
//!
//! Keys come from the environment under the names that each provider's own tools read, such as
//! `AWS_ACCESS_KEY_ID`. An object appears whole or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::future::Future;
use std::io::Read as _;
use std::path::Path as FilePath;

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, WriteMultipart, parse_url_opts};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::shard_format::ShardError;
use crate::shards::io_error;

/// Bytes that are sent in one piece of a large object.
const PIECE: usize = 8 << 20;
/// Pieces that are under way at once.
const PIECES: usize = 4;

/// A folder of an object storage, for use from any thread.
#[derive(Debug)]
pub(crate) struct RemoteFolder {
    url: String,
    store: Box<dyn ObjectStore>,
    root: Path,
    runtime: Runtime,
}

impl RemoteFolder {
    /// Prepare to use the folder at this address; nothing is asked of it yet.
    pub(crate) fn open(url: &str) -> Result<Self, ShardError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| ShardError::Storage {
            url: url.to_owned(),
            source,
        };
        let parsed = Url::parse(url).map_err(|error| failed(error.into()))?;
        let (store, root) =
            parse_url_opts(&parsed, std::env::vars()).map_err(|error| failed(error.into()))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| failed(error.into()))?;
        Ok(Self {
            url: url.to_owned(),
            store,
            root,
            runtime,
        })
    }

    /// Names of the objects in a folder below, or in this one for an empty name.
    pub(crate) fn names(&self, folder: &str) -> Result<BTreeSet<String>, ShardError> {
        let path = self.path(folder);
        let listed = self.wait(folder, self.store.list_with_delimiter(Some(&path)))?;
        let names = listed.objects.into_iter();
        Ok(names
            .filter_map(|object| object.location.filename().map(str::to_owned))
            .collect())
    }

    /// Bytes of an object; `None` where there is none.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, ShardError> {
        let path = self.path(name);
        let read = async {
            match self.store.get(&path).await {
                Ok(found) => found.bytes().await.map(|bytes| Some(bytes.to_vec())),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.wait(name, read)
    }

    /// Store an object.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ShardError> {
        let path = self.path(name);
        self.wait(name, self.store.put(&path, bytes.into()))?;
        Ok(())
    }

    /// Store a file, piece by piece.
    pub(crate) fn put_file(&self, name: &str, file: &FilePath) -> Result<(), ShardError> {
        let path = self.path(name);
        let io = |source| io_error(file, source);
        let mut reader = File::open(file).map_err(io)?;
        let upload = self.wait(name, self.store.put_multipart(&path))?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PIECE);
        let mut piece = Vec::with_capacity(PIECE);
        while {
            piece.clear();
            let limited = reader.by_ref().take(PIECE as u64);
            { limited }.read_to_end(&mut piece).map_err(io)? > 0
        } {
            self.wait(name, async {
                writer.wait_for_capacity(PIECES).await?;
                writer.write(&piece);
                Ok(())
            })?;
        }
        self.wait(name, writer.finish())?;
        Ok(())
    }

    /// Remove an object that may be there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), ShardError> {
        let path = self.path(name);
        let removed = async {
            match self.store.delete(&path).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        };
        self.wait(name, removed)
    }

    fn path(&self, name: &str) -> Path {
        let parts = name.split('/').filter(|part| !part.is_empty());
        parts.fold(self.root.clone(), |path, part| path.join(part))
    }

    fn wait<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ShardError> {
        self.runtime
            .block_on(work)
            .map_err(|error| ShardError::Storage {
                url: format!("{}/{name}", self.url.trim_end_matches('/')),
                source: error.into(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_back_and_missing_ones_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::from_directory_path(folder.path()).unwrap();
        let remote = RemoteFolder::open(&format!("{url}deep/run")).unwrap();
        assert_eq!(remote.names("").unwrap(), BTreeSet::new());
        assert_eq!(remote.get("a.json").unwrap(), None);
        remote.put("a.json", b"x".to_vec()).unwrap();
        remote.put(".videos/b.clips", b"yy".to_vec()).unwrap();
        let file = folder.path().join("large");
        let bytes: Vec<u8> = (0..PIECE + 5).map(|index| index as u8).collect();
        std::fs::write(&file, &bytes).unwrap();
        remote.put_file("large.tar", &file).unwrap();
        assert!(remote.get("large.tar").unwrap() == Some(bytes));
        let names = remote.names("").unwrap();
        assert!(names.iter().eq(["a.json", "large.tar"]));
        assert!(remote.names(".videos").unwrap().iter().eq(["b.clips"]));
        remote.remove("a.json").unwrap();
        remote.remove("a.json").unwrap();
        assert_eq!(remote.get("a.json").unwrap(), None);
    }

    #[test]
    fn addresses_that_nobody_serves_are_errors() {
        for url in ["nonsense", "gopher://x/y", "s3://"] {
            let error = RemoteFolder::open(url).map(|_| ()).unwrap_err();
            assert!(matches!(error, ShardError::Storage { .. }), "{url}");
        }
    }
}
