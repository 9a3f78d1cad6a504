//! The promises of the port.

use crate::place::Place;

watchkeeper_port_contract::rollup_store_contract!(Place);
