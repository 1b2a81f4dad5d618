/// The Python programs on both sides of an assert.
///
/// The response's module is loaded by `server`, alone in its sandbox. The asserts run in `client`, in another one, where each
/// name that they take from the response is a stand-in: calling it sends the arguments over the connection, and what comes back
/// is plain data, or a stand-in for what cannot be. So the response meets neither an expected value nor the interpreter that
/// compares. A frame is four bytes of length and JSON.
enum PythonHarness {
    /// Both sides: frames, and values as JSON that says their type.
    private static let common = #"""
        import collections, decimal, fractions, json, os, socket, struct, sys

        MOST_BYTES = 16 << 20
        DEEPEST = 100

        class Peer:
            """One side of the connection. Handles name objects of the side that made them."""

            def __init__(self):
                self.connection = socket.socket(fileno=3)
                self.stream = self.connection.makefile('rb')
                self.objects = []

            def send(self, message):
                body = json.dumps(message).encode()
                if len(body) > MOST_BYTES: raise ValueError('a value is too large to be passed on')
                self.connection.sendall(struct.pack('>I', len(body)) + body)

            def receive(self):
                head = self.stream.read(4)
                if len(head) < 4: raise Gone()
                size, = struct.unpack('>I', head)
                if size > MOST_BYTES: raise Gone()
                body = self.stream.read(size)
                if len(body) < size: raise Gone()
                return json.loads(body)

            def encode(self, value, depth=0):
                if depth > DEEPEST: raise ValueError('a value is nested too deeply to be passed on')
                many = lambda values: [self.encode(one, depth + 1) for one in values]
                if value is None or value is True or value is False: return value
                if isinstance(value, str): return str.__str__(value)
                if isinstance(value, int): return {'i': hex(int.__index__(value))}
                if isinstance(value, float): return {'f': float.hex(value)}
                if isinstance(value, complex): return {'c': [float.hex(value.real), float.hex(value.imag)]}
                if isinstance(value, (bytes, bytearray)): return {'b': bytes(value).hex()}
                if isinstance(value, tuple): return {'t': many(tuple.__iter__(value))}
                if isinstance(value, list): return {'l': many(list.__iter__(value))}
                if isinstance(value, set): return {'s': many(set.__iter__(value))}
                if isinstance(value, frozenset): return {'z': many(frozenset.__iter__(value))}
                if isinstance(value, collections.deque): return {'q': many(value)}
                if isinstance(value, dict): return {'d': [many(pair) for pair in dict.items(value)]}
                if isinstance(value, decimal.Decimal): return {'D': str(value)}
                if isinstance(value, fractions.Fraction): return {'F': many([value.numerator, value.denominator])}
                if isinstance(value, Remote): return {'o': object.__getattribute__(value, '_handle')}
                self.objects.append(value)
                return {'r': len(self.objects) - 1}

            def decode(self, value, depth=0):
                if depth > DEEPEST: raise ValueError('a value is nested too deeply')
                if value is None or isinstance(value, (bool, str)): return value
                (kind, inner), = value.items()
                if kind == 'i': return int(inner, 16)
                if kind == 'f': return float.fromhex(inner)
                if kind == 'c': return complex(*map(float.fromhex, inner))
                if kind == 'b': return bytes.fromhex(inner)
                if kind == 'D': return decimal.Decimal(inner)
                if kind == 'r': return Remote(self, int(inner))
                if kind == 'o': return self.objects[inner]
                if kind == 'd':
                    return {self.decode(key, depth + 1): self.decode(one, depth + 1) for key, one in inner}
                many = [self.decode(one, depth + 1) for one in inner]
                kinds = {'t': tuple, 'l': list, 's': set, 'z': frozenset, 'q': collections.deque}
                return fractions.Fraction(*many) if kind == 'F' else kinds[kind](many)

            def ask(self, question):
                """Sends a question and answers the other side's until its answer comes."""
                self.send(question)
                while True:
                    message = self.receive()
                    if 'ask' in message: self.answer(message)
                    elif 'error' in message: raise self.error(*message['error'])
                    else: return self.decode(message['value'])

            def answer(self, question):
                try:
                    reply = {'value': self.encode(self.perform(question))}
                except Exception as error:
                    reply = {'error': [type(error).__name__, str(error)[:4096]]}
                self.send(reply)

            def call(self, question):
                target = self.objects[question['target']]
                arguments = [self.decode(one) for one in question['arguments']]
                named = {name: self.decode(one) for name, one in question['named'].items()}
                return target(*arguments, **named)

            def error(self, name, text):
                kind = getattr(__import__('builtins'), str(name), None)
                if isinstance(kind, type) and issubclass(kind, Exception):
                    try: return kind(str(text))
                    except Exception: pass
                return RuntimeError(f'{name}: {text}')

        class Gone(BaseException):
            """The other side has ended."""

        class Remote:
            """Stands for an object of the other side."""

            def __init__(self, peer, handle):
                object.__setattr__(self, '_peer', peer)
                object.__setattr__(self, '_handle', handle)

            def __call__(self, *arguments, **named):
                peer = object.__getattribute__(self, '_peer')
                return peer.ask({
                    'ask': 'call', 'target': object.__getattribute__(self, '_handle'),
                    'arguments': [peer.encode(one) for one in arguments],
                    'named': {name: peer.encode(one) for name, one in named.items()}})
        """#

    /// Loads the response's program, and answers. Only what the other side asks for is done, one question after the other.
    static let server =
        common + "\n\n" + #"""
            class Server(Peer):
                def __init__(self, module):
                    super().__init__()
                    self.module = module

                def perform(self, question):
                    kind = question['ask']
                    if kind == 'get': return getattr(self.module, question['name'])
                    if kind == 'call': return self.call(question)
                    target = self.objects[question['target']]
                    if kind == 'attribute': return getattr(target, question['name'])
                    if kind == 'assign': return setattr(target, question['name'], self.decode(question['value']))
                    return SPECIAL[question['name']](target, *[self.decode(one) for one in question['arguments']])

            import operator, types
            SPECIAL = {
                '__iter__': iter, '__next__': next, '__len__': len, '__str__': str, '__repr__': repr, '__bool__': bool,
                '__contains__': operator.contains, '__getitem__': operator.getitem, '__setitem__': operator.setitem,
                '__delitem__': operator.delitem, '__lt__': operator.lt, '__le__': operator.le, '__gt__': operator.gt,
                '__ge__': operator.ge, '__add__': operator.add, '__sub__': operator.sub, '__mul__': operator.mul,
                '__eq__': operator.eq}

            module = types.ModuleType('program')
            sys.modules['program'] = module
            server = Server(module)
            failure = None
            try:
                with open('/work/program.py') as file: source = file.read()
                exec(compile(source, 'program.py', 'exec'), module.__dict__)
            except Exception as error:
                failure = [type(error).__name__, str(error)[:4096]]
            server.send({'error': failure} if failure else {'value': None})
            try:
                while True: server.answer(server.receive())
            except Gone:
                os._exit(0)
            """#

    /// Runs the asserts, which it reads from its standard input, and writes what came of them: the token it was given, how many
    /// passed, and what happened.
    static let client =
        common + "\n\n" + #"""
            import builtins, importlib, types

            def special(name):
                def method(self, *arguments):
                    peer = object.__getattribute__(self, '_peer')
                    return peer.ask({
                        'ask': 'special', 'name': name, 'target': object.__getattribute__(self, '_handle'),
                        'arguments': [peer.encode(one) for one in arguments]})
                return method

            def attribute(self, name):
                if name.startswith('__') and name.endswith('__') and name != '__name__': raise AttributeError(name)
                peer = object.__getattribute__(self, '_peer')
                return peer.ask({'ask': 'attribute', 'name': name, 'target': object.__getattribute__(self, '_handle')})

            def assign(self, name, value):
                peer = object.__getattribute__(self, '_peer')
                handle = object.__getattribute__(self, '_handle')
                peer.ask({'ask': 'assign', 'name': name, 'target': handle, 'value': peer.encode(value)})

            def same(self, other):
                # Whether an object of the response equals a value of the test is not the response's to say.
                return special('__eq__')(self, other) is True if isinstance(other, Remote) else False

            for name in ('__next__', '__len__', '__str__', '__repr__', '__bool__', '__contains__', '__getitem__', '__setitem__',
                    '__delitem__', '__lt__', '__le__', '__gt__', '__ge__', '__add__', '__sub__', '__mul__', '__iter__'):
                setattr(Remote, name, special(name))
            Remote.__getattr__, Remote.__setattr__, Remote.__eq__ = attribute, assign, same
            Remote.__ne__ = lambda self, other: not same(self, other)
            Remote.__hash__ = lambda self: hash(object.__getattribute__(self, '_handle'))

            class Client(Peer):
                asked = False

                def perform(self, question):
                    # Of this side the response may only call what it was given.
                    if question['ask'] != 'call': raise PermissionError('only calls are answered')
                    return self.call(question)

                def ask(self, question):
                    self.asked = True
                    return super().ask(question)

            def names(code):
                found = set(code.co_names)
                for constant in code.co_consts:
                    if isinstance(constant, types.CodeType): found |= names(constant)
                return found

            def prepare(code):
                """Finds what the code names: its own, Python's, a standard module, and only then the response's."""
                for name in sorted(names(code)):
                    if name in space or hasattr(builtins, name): continue
                    if entry is None and name in sys.stdlib_module_names: space[name] = importlib.import_module(name)
                    elif entry is None or name in entry:
                        try: space[name] = peer.ask({'ask': 'get', 'name': name})
                        except AttributeError: pass

            def report(passed, verdict, words=''):
                os.write(out, f'{token} {passed} {verdict} {words}'[:4096].encode(errors='replace'))
                os._exit(0)

            def words(error):
                return f'{type(error).__name__}: {error}'[:200].replace('\n', ' ')

            # What asserts print is not the report.
            out = os.dup(1)
            os.dup2(2, 1)
            given = json.load(sys.stdin)
            token, entry = given['token'], given.get('entry')
            peer = Client()
            space = {'__name__': 'tests'}
            passed, first = 0, None
            try:
                setup = compile(given['setup'], 'setup', 'exec')
                asserts = [compile(text, f'assert {number + 1}', 'exec') for number, text in enumerate(given['asserts'])]
            except (SyntaxError, ValueError) as error:
                report(0, 'malformed', words(error))
            try:
                loaded = peer.receive()
                if 'error' in loaded: report(0, 'failed', 'the program does not load: ' + ' '.join(map(str, loaded['error']))[:200])
                try:
                    prepare(setup)
                    exec(setup, space)
                except Exception as error:
                    report(0, 'failed' if peer.asked else 'malformed', 'setup: ' + words(error))
                for number, code in enumerate(asserts):
                    try:
                        prepare(code)
                        exec(code, space)
                        passed += 1
                    except (Exception, SystemExit) as error:
                        first = first or f'assert {number + 1} of {len(asserts)}: {words(error)}'
                        if not given['partial']: break
            except Gone:
                first = first or f'after {passed} of {len(asserts)} asserts the program ended'
            except BaseException as error:
                first = first or words(error)
            report(passed, 'failed' if first else 'passed', first or '')
            """#
}
