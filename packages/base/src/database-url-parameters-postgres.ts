import type { ParameterRules } from './database-url-parameters.ts'

const number = /^\d+$/
const bool = /^(?:|true|false)$/i
const any = /(?:)/
const off = /^(?:false|0|disable|disabled|none|no|)$/i

/**
 * pgjdbc's connection parameters (https://jdbc.postgresql.org/documentation/use/#connection-parameters) and libpq's
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
 */
export const postgresParameters: ParameterRules = {
  used: {
    sslmode: /^(?:disable|allow|prefer|require|verify-ca|verify-full)$/i,
    ssl: bool,
    sslrootcert: any,
    sslcert: any,
    sslkey: any,
    sslpassword: any,
    ssl_min_protocol_version: /^(?:TLSv1.2|TLSv1.3)$/,
    sslNegotiation: /^(?:postgres|direct)$/i,
    currentSchema: any,
    options: any,
    ApplicationName: any,
    connectTimeout: number,
    loginTimeout: number,
    targetServerType: /^(?:any|primary|master|preferPrimary)$/i,
    target_session_attrs: /^(?:any|read-write|primary)$/,
  },
  aliases: { application_name: 'ApplicationName', connect_timeout: 'connectTimeout' },
  harmless: `adaptivefetch adaptivefetchmaximum adaptivefetchminimum allowencodingchanges assumeminserverversion autosave binarytransfer
    binarytransferdisable binarytransferenable cancelsignaltimeout cleanupsavepoints client_encoding databasemetadatacachefields
    databasemetadatacachefieldsmib defaultrowfetchsize disablecolumnsanitiser escapesyntaxcallmode fallback_application_name
    groupstartupparameters hideunprivilegedobjects hostrecheckseconds keepalives keepalives_count keepalives_idle keepalives_interval
    load_balance_hosts loadbalancehosts loggerfile loggerlevel logservererrordetail logunclosedconnections maxresultbuffer
    maxsendbuffersize preferquerymode preparedstatementcachequeries preparedstatementcachesizemib preparethreshold protocolversion
    quotereturningidentifiers readonlymode receivebuffersize rewritebatchedinserts sendbuffersize sslresponsetimeout sslsni
    stringtype sslcompression tcpkeepalive tcpnodelay tcp_user_timeout unknownlength xmlfactoryfactory`,
  refused: {
    sockettimeout: {
      why: 'has no effect: a change that runs long is never cut off by a network timeout',
      hint: 'Bound statements with the statement timeout of the step or command instead.',
      severity: 'warning',
      except: /^0?$/,
    },
    readonly: {
      why: 'asks for a session that may not write',
      hint: 'Take it out; previews and status write nothing by themselves.',
      except: off,
    },
    replication: { why: 'asks for a replication session', hint: 'Take it out.', except: off },
    service: { why: 'names a service file, which is not read here', hint: 'Write host, port and database into the URL.' },
    passfile: {
      why: 'names a password file, which is not read here',
      hint: 'Give the password as a secret or in the environment.',
    },
    hostaddr: { why: 'is not supported: it would connect elsewhere than the host says', hint: 'Write the address as the host.' },
    requiressl: { why: 'is an old name', hint: 'Write sslmode=require.', except: off },
    sslfactory: {
      why: 'names a Java class, which cannot run here',
      hint: 'Use sslmode with sslrootcert (a PEM file); for NonValidatingFactory write sslmode=require.',
      except: /^org\.postgresql\.ssl\.(?:jdbc4\.)?LibPQFactory$/,
    },
    sslfactoryarg: { why: 'belongs to a Java class, which cannot run here', hint: 'Use sslmode with sslrootcert.' },
    sslhostnameverifier: {
      why: 'names a Java class, which cannot run here',
      hint: 'Use sslmode=verify-full or sslmode=verify-ca.',
    },
    sslpasswordcallback: { why: 'names a Java class, which cannot run here', hint: 'Give the key’s passphrase as sslpassword.' },
    sslcrl: { why: 'is not supported: revocation lists are not checked', hint: 'Take it out if you can do without them.' },
    sslcrldir: { why: 'is not supported: revocation lists are not checked', hint: 'Take it out if you can do without them.' },
    sslcertmode: { why: 'is not supported', hint: 'A client certificate is shown when sslcert is given.', except: /^allow$/ },
    ssl_max_protocol_version: { why: 'is not supported', hint: 'Take it out.' },
    requirepeer: { why: 'is not supported: the owner of a socket is not checked', hint: 'Take it out.' },
    require_auth: { why: 'is not supported', hint: 'Take it out, or use sslmode=verify-full.' },
    requireauth: { why: 'is not supported', hint: 'Take it out, or use sslmode=verify-full.' },
    channelbinding: { why: 'cannot be required here', hint: 'Use sslmode=verify-full instead.', except: /^(?:disable|prefer)$/i },
    channel_binding: {
      why: 'cannot be required here',
      hint: 'Use sslmode=verify-full instead.',
      except: /^(?:disable|prefer)$/i,
    },
    gssencmode: {
      why: 'asks for Kerberos encryption, which is not supported',
      hint: 'Use TLS: sslmode=verify-full.',
      except: /^(?:disable|allow|prefer)$/i,
    },
    gsslib: { why: 'is about Kerberos, which is not supported', hint: 'Log in with a password or a client certificate.' },
    gssdelegation: {
      why: 'is about Kerberos, which is not supported',
      hint: 'Log in with a password or a client certificate.',
      except: off,
    },
    kerberosservername: {
      why: 'is about Kerberos, which is not supported',
      hint: 'Log in with a password or a client certificate.',
    },
    krbsrvname: { why: 'is about Kerberos, which is not supported', hint: 'Log in with a password or a client certificate.' },
    jaasapplicationname: {
      why: 'is about Kerberos, which is not supported',
      hint: 'Log in with a password or a client certificate.',
    },
    jaaslogin: {
      why: 'is about Kerberos, which is not supported',
      hint: 'Log in with a password or a client certificate.',
      except: off,
    },
    authenticationpluginclassname: {
      why: 'names a Java class, which cannot run here',
      hint: 'Log in with a password or a client certificate.',
    },
    socketfactory: {
      why: 'names a Java class, which cannot run here',
      hint: 'Connect to the database by its address, or through the cloud provider’s own proxy process.',
    },
    socketfactoryarg: { why: 'belongs to a Java class, which cannot run here', hint: 'Take it out together with socketFactory.' },
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
    localsocketaddress: { why: 'is not supported', hint: 'Take it out.' },
    sspiserviceclass: { why: 'is about Windows logins, which are not supported', hint: 'Log in with a password.' },
  },
}
