"""The script that switches a Glance over and back, on files of its own."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SWITCH = pathlib.Path(__file__).parent.parent / 'switch'
ENDPOINT = os.environ['ROME_GLANCE_ENDPOINT']
STOCK = '# Ours.\r\n[DEFAULT]\n debug = true\n[database]\nconnection = sqlite:///x\n'


class Switch(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.config = pathlib.Path(directory.name, 'etc')
        self.site = pathlib.Path(directory.name, 'site')
        self.config.mkdir()
        self.api = self.config / 'glance-api.conf'
        self.api.write_bytes(STOCK.encode())

    def switch(self, direction, *options):
        arguments = [direction, '--config-dir', str(self.config), '--site', str(self.site), *options]
        return subprocess.run([sys.executable, str(SWITCH), *arguments], capture_output=True, text=True)

    def test_on_and_off_leave_everything_as_it_was(self):
        scrubber = self.config / 'glance-scrubber.conf'
        scrubber.write_text('[DEFAULT]\n')
        for _ in range(2):
            self.assertEqual(0, self.switch('on', '--endpoint', ENDPOINT, '--secret-file', '/etc/secret').returncode)
            text = self.api.read_bytes().decode()
            self.assertTrue(text.startswith(STOCK))
            for line in ('data_api = rome_glance.api', f'endpoint = {ENDPOINT}', 'secret_file = /etc/secret'):
                self.assertEqual(1, text.splitlines().count(line), line)
            self.assertIn('data_api = rome_glance.api', scrubber.read_text())
        self.assertTrue((self.site / 'rome_glance.pth').is_file())
        for _ in range(2):
            self.assertEqual(0, self.switch('off').returncode)
            self.assertEqual(STOCK, self.api.read_bytes().decode())
            self.assertEqual('[DEFAULT]\n', scrubber.read_text())
        self.assertEqual([], list(self.site.iterdir()))

    def test_the_module_works_where_it_was_put(self):
        self.switch('on', '--endpoint', ENDPOINT)
        code = 'import site, sys; site.addsitedir(sys.argv[1]); import rome_glance.hook as hook; print(hook.__file__)'
        code += '; print(any(type(finder).__module__ == hook.__name__ for finder in sys.meta_path))'
        run = subprocess.run([sys.executable, '-c', code, str(self.site)], capture_output=True, text=True, cwd='/')
        self.assertEqual([str(self.site / 'rome_glance' / 'hook.py'), 'True'], run.stdout.split(), run.stderr)

    def test_a_catalogue_that_does_not_answer_changes_nothing(self):
        run = self.switch('on', '--endpoint', 'http://127.0.0.1:1')
        self.assertNotEqual(0, run.returncode)
        self.assertIn('does not answer', run.stderr)
        self.assertEqual(STOCK, self.api.read_bytes().decode())
        self.assertFalse(self.site.exists())

    def test_a_configuration_that_is_not_there_or_not_whole_is_refused(self):
        self.api.write_text('[DEFAULT]')
        self.assertIn('line break', self.switch('on', '--endpoint', ENDPOINT).stderr)
        self.api.unlink()
        self.assertIn('no glance-api.conf', self.switch('on').stderr)


if __name__ == '__main__':
    unittest.main()
