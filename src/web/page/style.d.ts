/** Style sheets are the bundler's: they give no value. */
declare module '*.css';
