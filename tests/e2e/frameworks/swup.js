import Swup from 'swup';

globalThis.swup = new Swup({ containers: ['#swup'], animationSelector: false });
