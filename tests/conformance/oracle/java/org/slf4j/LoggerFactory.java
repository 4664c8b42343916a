package org.slf4j;

import java.lang.reflect.Proxy;

/** Gives out loggers that do nothing. See Logger. */
public final class LoggerFactory {
  private LoggerFactory() {}

  public static Logger getLogger(Class<?> owner) {
    return (Logger)
        Proxy.newProxyInstance(
            Logger.class.getClassLoader(),
            new Class<?>[] {Logger.class},
            (proxy, method, arguments) -> method.getReturnType() == boolean.class ? Boolean.FALSE : null);
  }

  public static Logger getLogger(String name) {
    return getLogger(Logger.class);
  }
}
