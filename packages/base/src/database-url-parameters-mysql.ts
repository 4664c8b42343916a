import type { ParameterRefusal, ParameterRules } from './database-url-parameters.ts'

const number = /^\d+$/
const bool = /^(?:true|false|yes|no|1|0)$/i
const any = /(?:)/
const off = /^(?:false|no|0|none|)$/i

const keyStore: ParameterRefusal = {
  why: 'names a Java key store, which cannot be read here',
  hint: 'Export the certificates as PEM (keytool -exportcert -rfc) and name that file: serverSslCert=/path/ca.pem.',
}
const clientStore: ParameterRefusal = {
  why: 'names a Java key store, which cannot be read here',
  hint: 'Export certificate and key as PEM (openssl pkcs12) and name them: sslCert=/path/client.pem&sslKey=/path/client.key.',
}
const javaClass: ParameterRefusal = { why: 'names a Java class, which cannot run here', hint: 'Take it out.' }
const timeout: ParameterRefusal = {
  why: 'has no effect: a change that runs long is never cut off by a network timeout',
  hint: 'Bound statements with the statement timeout of the step or command instead.',
  severity: 'warning',
  except: /^0?$/,
}

/**
 * Parameters of MySQL Connector/J (https://dev.mysql.com/doc/connector-j/en/connector-j-reference-configuration-properties.html),
 * MariaDB Connector/J (https://mariadb.com/kb/en/about-mariadb-connector-j/#optional-url-parameters) and of MySQL's own tools (`ssl-mode`).
 */
export const mysqlParameters: ParameterRules = {
  used: {
    sslMode: /^(?:disable|disabled|prefer|preferred|require|required|trust|verify-ca|verify_ca|verify-full|verify_identity)$/i,
    useSSL: bool,
    requireSSL: bool,
    verifyServerCertificate: bool,
    trustServerCertificate: bool,
    disableSslHostnameVerification: bool,
    serverSslCert: any,
    sslCert: any,
    sslKey: any,
    sslPassword: any,
    enabledSslProtocolSuites: any,
    allowPublicKeyRetrieval: bool,
    sessionVariables: any,
    connectTimeout: number,
    localSocket: any,
    connectionAttributes: any,
  },
  aliases: {
    'ssl-mode': 'sslMode',
    ssl_mode: 'sslMode',
    ssl: 'useSSL',
    'ssl-ca': 'serverSslCert',
    ssl_ca: 'serverSslCert',
    sslca: 'serverSslCert',
    'ssl-cert': 'sslCert',
    ssl_cert: 'sslCert',
    'ssl-key': 'sslKey',
    ssl_key: 'sslKey',
    keypassword: 'sslPassword',
    enabledtlsprotocols: 'enabledSslProtocolSuites',
    tlsversions: 'enabledSslProtocolSuites',
    socket: 'localSocket',
  },
  harmless: `allowmasterdownconnections allowmultiqueries allownanandinf allowreplicadownconnections allowslavedownconnections
    alwayssendsetisolation autocommit autodeserialize autogeneratetestcasescript autoreconnect autoreconnectforpools autoslowlog
    blobsarestrings blobsendchunksize cachecallablestmts cachecodecs cacheprepstmts cacheresultsetmetadata cacheserverconfiguration
    callablestmtcachesize characterencoding characterencodingfornulls charset charactersetresults clientinfoprovider
    clobberstreamingresults clobcharacterencoding compensateonduplicatekeyupdatecounts connectioncollation connectiontimezone
    continuebatchonerror databaseterm defaultfetchsize deregisterdriver detectcustomcollations
    disableconnectiontracking donttrackopenresources dumpqueriesonexception elidesetautocommits
    emptystringsconverttozero emulatelocators emulateunsupportedpstmts enableescapeprocessing enablepacketdebug enablequerytimeouts
    explainslowqueries failoverreadonly forceconnectiontimezonetosession functionsneverreturnblobs gatherperfmetrics
    generatesimpleparametermetadata geometrydefaulttype getprocreturnsnometadata holdresultsopenoverstatementclose
    includeinnodbstatusindeadlockexceptions includethreaddumpindeadlockexceptions includethreadnamesasstatementcomment
    initialtimeout interactiveclient jdbccomplianttruncation largerowsizethreshold loadbalanceautocommitstatementthreshold
    loadbalanceblocklisttimeout loadbalancepingtimeout loadbalancestrategy locatorfetchbuffersize logger logslowqueries logxacalls
    maintaintimestats maxallowedpacket maxfieldsize maxidletime maxquerysizetolog maxreconnects maxrows metadatacachesize
    netbuffersize nodatetimestringsync noaccesstoprocedurebodies nullcatalogmeanscurrent nulldatabasemeanscurrent
    nullnamepatternmatchesall overridesupportsintegrityenhancementfacility packetdebugbuffersize padcharswithspace paranoid
    pedantic permitmysqlscheme pinglobaltxtophysicalconnection populateinserstrowwithdefaultvalues poolname pool
    prepstmtcachesize prepstmtcachesqllimit preserveinstants processescapecodesforprepstmts profilesql queriesbeforeretrysource
    querytimeoutkillsconnection readfromsourcenoreplicas readonlypropagatestoserver reconnectatxend replicationconnectiongroup
    reportmetricsintervalmillis resourceid resultsetsizethreshold retriesalldown rewritebatchedstatements rollbackonpooledclose
    secondsbeforeretrysource selfdestructonpingmaxoperations selfdestructonpingsecondslifetime sendfractionalseconds
    sendfractionalsecondsfortime servertimezone slowquerythresholdmillis slowquerythresholdnanos strictupdates tcpkeepalive
    tcpkeepcount tcpkeepidle tcpkeepinterval tcpabortiveclose tcpnodelay tcprcvbuf tcpsndbuf tcptrafficclass timezone
    tinyint1isbit traceprotocol tracksessionstate transformedbitisboolean transactionisolation transactionreplay
    transactionreplaysize treatmysqldatetimeastimestamp treatutildateastimestamp uniqueutcdates ultradevhack usebatchmultisend
    usebulkstmts usebulkstmtsforinserts usecatalogterm usecolumnnamesinfindcolumn usecompression useconfigs usecursorfetch
    usehostsinprivileges useinformationschema uselocalsessionstate uselocaltransactionstate usemysqlmetadata usenanosforelapsedtime
    useoldaliasmetadatabehavior useoldutf8behavior useonlyserverprependedhosts usepipelineauth usereadaheadinput useresetconnection
    useserverprepstmts usessps usestreamlengthsinprepstmts useunbufferedinput useunicode useusageadvisor validconnectiontimeout
    yearisdatetype zerodatetimebehavior zerodatetimebehaviour`,
  refused: {
    sockettimeout: timeout,
    nettimeoutforstreamingresults: { ...timeout, why: 'has no effect' },
    createdatabaseifnotexist: {
      why: 'has no effect: databases are not created on connecting',
      hint: 'Create the database first.',
      severity: 'warning',
      except: off,
    },
    trustcertificatekeystoreurl: keyStore,
    trustcertificatekeystorepassword: keyStore,
    trustcertificatekeystoretype: keyStore,
    truststore: keyStore,
    truststorepassword: keyStore,
    truststoretype: keyStore,
    fallbacktosystemtruststore: { ...keyStore, except: /^true$/i },
    clientcertificatekeystoreurl: clientStore,
    clientcertificatekeystorepassword: clientStore,
    clientcertificatekeystoretype: clientStore,
    keystore: clientStore,
    keystorepassword: clientStore,
    keystoretype: clientStore,
    fallbacktosystemkeystore: { ...clientStore, except: /^true$/i },
    enabledsslciphersuites: { why: 'is not supported', hint: 'Take it out; the ciphers of this Node.js are used.' },
    tlsciphersuites: { why: 'is not supported', hint: 'Take it out; the ciphers of this Node.js are used.' },
    'ssl-crl': { why: 'is not supported: revocation lists are not checked', hint: 'Take it out if you can do without them.' },
    'ssl-cipher': { why: 'is not supported', hint: 'Take it out; the ciphers of this Node.js are used.' },
    serverrsapublickeyfile: { why: 'is not supported', hint: 'Use TLS: sslMode=VERIFY_IDENTITY.' },
    cachingrsapublickeyfile: { why: 'is not supported', hint: 'Use TLS: sslMode=VERIFY_IDENTITY.' },
    initsql: {
      why: 'would run SQL that nobody has reviewed',
      hint: 'Set variables with sessionVariables, or put the SQL into the changelog.',
    },
    assurereadonly: { why: 'asks for a session that may not write', hint: 'Take it out.', except: off },
    readonly: { why: 'asks for a session that may not write', hint: 'Take it out.', except: off },
    allowloadlocalinfile: {
      why: 'has no effect: LOAD DATA LOCAL is never allowed',
      hint: 'Use loadData in the changelog.',
      severity: 'warning',
      except: off,
    },
    allowloadlocalinfileinpath: {
      why: 'has no effect: LOAD DATA LOCAL is never allowed',
      hint: 'Use loadData.',
      severity: 'warning',
    },
    allowlocalinfile: {
      why: 'has no effect: LOAD DATA LOCAL is never allowed',
      hint: 'Use loadData.',
      severity: 'warning',
      except: off,
    },
    allowurlinlocalinfile: {
      why: 'has no effect: LOAD DATA LOCAL is never allowed',
      hint: 'Use loadData.',
      severity: 'warning',
      except: off,
    },
    credentialtype: { why: 'asks for a cloud login, which is not supported', hint: 'Log in with a password.' },
    authenticationplugins: { ...javaClass, hint: 'Log in with a password or a client certificate.' },
    defaultauthenticationplugin: {
      ...javaClass,
      hint: 'Log in with a password or a client certificate.',
      except:
        /^(?:com\.mysql\.cj\.protocol\.a\.authentication\.)?(?:mysql_native_password|caching_sha2_password|MysqlNativePasswordPlugin|CachingSha2PasswordPlugin)$/,
    },
    disabledauthenticationplugins: { why: 'is not supported', hint: 'Take it out.' },
    restrictedauth: { why: 'is not supported', hint: 'Take it out, or use sslMode=VERIFY_IDENTITY.' },
    password2: { why: 'is not supported: logins have one factor', hint: 'Use a user with one factor.' },
    password3: { why: 'is not supported: logins have one factor', hint: 'Use a user with one factor.' },
    socketfactory: { ...javaClass, hint: 'Connect to the database by its address, or through the provider’s own proxy process.' },
    tlssockettype: javaClass,
    connectionlifecycleinterceptors: javaClass,
    queryinterceptors: javaClass,
    exceptioninterceptors: javaClass,
    propertiestransform: javaClass,
    pipe: { why: 'names a Windows pipe, which is not supported', hint: 'Connect over TCP.' },
    localsocketaddress: { why: 'is not supported', hint: 'Take it out.' },
    sockshost: { why: 'is not supported', hint: 'Connect without a SOCKS proxy.', except: /^$/ },
    cloudsqlinstance: {
      why: 'belongs to a Java connector, which cannot run here',
      hint: 'Run the Cloud SQL Auth Proxy and connect to its address.',
    },
    enableiamauth: {
      why: 'belongs to a Java connector, which cannot run here',
      hint: 'Run the provider’s proxy, or use a password.',
      except: off,
    },
    wrapperplugins: { why: 'belongs to a Java wrapper, which cannot run here', hint: 'Log in with a password.' },
  },
}
