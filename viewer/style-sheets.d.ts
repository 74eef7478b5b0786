/** Style sheets that vite puts beside the script that imports them. */
declare module "*.css";
