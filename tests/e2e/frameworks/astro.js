import 'astro:router';
