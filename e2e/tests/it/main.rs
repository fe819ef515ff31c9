//! Tests of the app in its real window, against the real server.
#![cfg(target_os = "linux")]

mod accessibility;
mod appearance;
mod browser;
mod clock;
mod company;
mod context_menu;
mod desktop_entry;
mod devices;
mod first_minute;
mod habits;
mod held;
mod hostile_names;
mod icons;
mod isolation;
mod keychain;
mod layout;
mod leaks;
mod leaks_of_people;
mod news;
mod notes;
mod once;
mod page_process;
mod people;
mod people_codes;
mod place;
mod secrets;
mod session;
mod sign_in;
mod sign_out;
mod single;
mod starts;
mod startup;
mod status;
mod storage;
mod ways;
