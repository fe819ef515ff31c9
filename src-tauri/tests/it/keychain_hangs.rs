//! A keychain that falls silent at each of the app's calls in turn: every one of them ends in time, in a state of its own,
//! and writes nothing.
