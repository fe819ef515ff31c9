//! Tells Cargo that the migrations are compiled in: a new file there is not noticed otherwise.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
