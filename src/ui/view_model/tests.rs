//! Requirements on the view model.
