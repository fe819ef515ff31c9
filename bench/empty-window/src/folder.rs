//! The files of a folder as the assets of an app. Reads them when the app starts, and refuses
//! nothing: the folder is one of the benchmark.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use tauri::utils::assets::{AssetKey, AssetsIter, CspHash};
use tauri::{App, Assets, Runtime};

/// The contents of the files, by their names with a slash in front.
pub(crate) struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    /// Reads all files of a folder, without the folders in it.
    ///
    /// # Errors
    /// Returns an error if one cannot be read.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in folder.read_dir()? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.insert(
                    format!("/{}", entry.file_name().to_string_lossy()),
                    std::fs::read(entry.path())?,
                );
            }
        }
        Ok(Self(files))
    }
}

impl<R: Runtime> Assets<R> for Folder {
    fn setup(&self, _app: &App<R>) {}

    fn get(&self, key: &AssetKey) -> Option<Cow<'_, [u8]>> {
        self.0.get(key.as_ref()).map(|bytes| Cow::Borrowed(bytes.as_slice()))
    }

    fn iter(&self) -> Box<AssetsIter<'_>> {
        Box::new(
            self.0
                .iter()
                .map(|(name, bytes)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(bytes.as_slice()))),
        )
    }

    fn csp_hashes(&self, _page: &AssetKey) -> Box<dyn Iterator<Item = CspHash<'_>> + '_> {
        Box::new(std::iter::empty())
    }
}
