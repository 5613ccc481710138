/**
 * Class names as Logback shortens them: packages from the left to their first letter, as many as it takes.
 *
 *   `java.util.concurrent.TimeoutException`  as  `j.util.concurrent.`, `j.u.concurrent.`, `j.u.c.TimeoutException`
 *
 * In: a short name. Out: the full one, where it is an exception that everybody throws; letters and simple name together name it surely. Of any other class only
 * the package can be guessed, and not every one: half of all companies are `c.a`. A change of the list moves keys: see algorithms.ts. Pure.
 */

const KNOWN: Readonly<Record<string, string>> = {
  'java.lang':
    'Throwable Exception RuntimeException Error ArithmeticException ArrayIndexOutOfBoundsException ArrayStoreException ClassCastException ClassNotFoundException CloneNotSupportedException EnumConstantNotPresentException IllegalAccessException IllegalArgumentException IllegalMonitorStateException IllegalStateException IndexOutOfBoundsException InstantiationException InterruptedException NegativeArraySizeException NoSuchFieldException NoSuchMethodException NullPointerException NumberFormatException SecurityException StringIndexOutOfBoundsException TypeNotPresentException UnsupportedOperationException AbstractMethodError AssertionError BootstrapMethodError ClassCircularityError ClassFormatError ExceptionInInitializerError IllegalAccessError IncompatibleClassChangeError InstantiationError InternalError LinkageError NoClassDefFoundError NoSuchFieldError NoSuchMethodError OutOfMemoryError StackOverflowError UnsatisfiedLinkError UnsupportedClassVersionError VerifyError VirtualMachineError',
  'java.lang.reflect': 'InaccessibleObjectException InvocationTargetException UndeclaredThrowableException',
  'java.io':
    'CharConversionException EOFException FileNotFoundException IOException InterruptedIOException InvalidClassException InvalidObjectException NotSerializableException ObjectStreamException OptionalDataException StreamCorruptedException SyncFailedException UTFDataFormatException UncheckedIOException UnsupportedEncodingException WriteAbortedException',
  'java.net':
    'BindException ConnectException HttpRetryException MalformedURLException NoRouteToHostException PortUnreachableException ProtocolException SocketException SocketTimeoutException URISyntaxException UnknownHostException UnknownServiceException',
  'java.net.http': 'HttpConnectTimeoutException HttpTimeoutException WebSocketHandshakeException',
  'java.nio': 'BufferOverflowException BufferUnderflowException ReadOnlyBufferException',
  'java.nio.channels':
    'AsynchronousCloseException ClosedByInterruptException ClosedChannelException ClosedSelectorException OverlappingFileLockException UnresolvedAddressException',
  'java.nio.charset':
    'CharacterCodingException IllegalCharsetNameException MalformedInputException UnmappableCharacterException UnsupportedCharsetException',
  'java.nio.file':
    'AccessDeniedException AtomicMoveNotSupportedException DirectoryNotEmptyException FileAlreadyExistsException FileSystemException InvalidPathException NoSuchFileException NotDirectoryException',
  'java.security': 'AccessControlException GeneralSecurityException InvalidKeyException NoSuchAlgorithmException PrivilegedActionException',
  'java.security.cert': 'CertificateException CertificateExpiredException',
  'java.sql':
    'BatchUpdateException DataTruncation SQLDataException SQLException SQLFeatureNotSupportedException SQLIntegrityConstraintViolationException SQLInvalidAuthorizationSpecException SQLNonTransientConnectionException SQLNonTransientException SQLRecoverableException SQLSyntaxErrorException SQLTimeoutException SQLTransactionRollbackException SQLTransientConnectionException SQLTransientException',
  'java.text': 'ParseException',
  'java.time': 'DateTimeException',
  'java.time.format': 'DateTimeParseException',
  'java.util':
    'ConcurrentModificationException DuplicateFormatFlagsException EmptyStackException IllegalFormatException InputMismatchException MissingFormatArgumentException MissingResourceException NoSuchElementException ServiceConfigurationError UnknownFormatConversionException',
  'java.util.concurrent':
    'BrokenBarrierException CancellationException CompletionException ExecutionException RejectedExecutionException TimeoutException',
  'java.util.zip': 'DataFormatException ZipException',
  'javax.naming': 'CommunicationException NameNotFoundException NamingException',
  'javax.net.ssl': 'SSLException SSLHandshakeException SSLPeerUnverifiedException SSLProtocolException',
  'org.apache.kafka.common': 'KafkaException',
  'org.apache.kafka.common.errors':
    'AuthenticationException AuthorizationException CoordinatorNotAvailableException DisconnectException GroupAuthorizationException InterruptException NetworkException NotLeaderOrFollowerException OffsetOutOfRangeException ProducerFencedException RebalanceInProgressException RecordTooLargeException SaslAuthenticationException SerializationException TimeoutException TopicAuthorizationException UnknownTopicOrPartitionException WakeupException',
  'org.apache.flink.runtime': 'JobException',
  'org.apache.flink.runtime.client': 'JobExecutionException',
  'org.apache.flink.util': 'FlinkException FlinkRuntimeException SerializedThrowable',
  'org.apache.spark': 'SparkException',
  'org.elasticsearch.client': 'ResponseException',
  'org.hibernate.exception':
    'ConstraintViolationException GenericJDBCException JDBCConnectionException LockAcquisitionException SQLGrammarException',
  'org.postgresql.util': 'PSQLException',
  'org.springframework.beans.factory': 'BeanCreationException NoSuchBeanDefinitionException UnsatisfiedDependencyException',
  'org.springframework.dao':
    'CannotAcquireLockException DataAccessResourceFailureException DataIntegrityViolationException DuplicateKeyException EmptyResultDataAccessException QueryTimeoutException',
  'org.springframework.jdbc': 'BadSqlGrammarException CannotGetJdbcConnectionException UncategorizedSQLException',
  'org.springframework.web.client': 'HttpClientErrorException HttpServerErrorException ResourceAccessException',
}
const SHORT = /^[a-z]\./

const fullNames = new Map<string, string[]>()
for (const [home, names] of Object.entries(KNOWN)) {
  for (const name of names.split(' ')) fullNames.set(name, [...(fullNames.get(name) ?? []), `${home}.${name}`])
}

/** Itself where it is not short, or not known. */
export function fullName(type: string): string {
  if (!SHORT.test(type)) return type
  return fullNames.get(type.slice(type.lastIndexOf('.') + 1))?.find((full) => isShortFor(type, full)) ?? type
}

/** A name is not short for itself. */
export function isShortFor(short: string, full: string): boolean {
  if (!SHORT.test(short)) return false
  const parts = short.split('.')
  const whole = full.split('.')
  return (
    parts.length === whole.length &&
    parts.every((part, i) => part === whole[i] || (part.length === 1 && i < parts.length - 1 && whole[i]!.startsWith(part)))
  )
}

/** Of a package every form that keeps a part of it whole, and where `toTheLast`, its letters alone. */
export function shortForms(name: string, toTheLast: boolean): string[] {
  const parts = name.split('.')
  const forms: string[] = []
  for (let count = 1; count < parts.length + (toTheLast ? 1 : 0); count++)
    forms.push(parts.map((part, i) => (i < count ? part.slice(0, 1) : part)).join('.'))
  return forms
}
