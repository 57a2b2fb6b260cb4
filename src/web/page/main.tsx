import { render } from 'preact';
import { Shell } from './shell.tsx';
import './style/tokens.css';
import './style/shell.css';
import './style/parts.css';
import './style/views.css';
import './style/waterfall.css';

const place = document.getElementById('page');
if (place !== null) render(<Shell />, place);
