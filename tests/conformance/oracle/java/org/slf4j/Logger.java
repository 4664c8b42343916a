package org.slf4j;

/** As much of slf4j as the SQLite and MariaDB drivers link against: the tool's package ships them without it. Nothing is logged. */
public interface Logger {
  String getName();

  boolean isTraceEnabled();

  void trace(String text);

  void trace(String text, Object one);

  void trace(String text, Object one, Object two);

  void trace(String text, Object... all);

  void trace(String text, Throwable thrown);

  boolean isDebugEnabled();

  void debug(String text);

  void debug(String text, Object one);

  void debug(String text, Object one, Object two);

  void debug(String text, Object... all);

  void debug(String text, Throwable thrown);

  boolean isInfoEnabled();

  void info(String text);

  void info(String text, Object one);

  void info(String text, Object one, Object two);

  void info(String text, Object... all);

  void info(String text, Throwable thrown);

  boolean isWarnEnabled();

  void warn(String text);

  void warn(String text, Object one);

  void warn(String text, Object one, Object two);

  void warn(String text, Object... all);

  void warn(String text, Throwable thrown);

  boolean isErrorEnabled();

  void error(String text);

  void error(String text, Object one);

  void error(String text, Object one, Object two);

  void error(String text, Object... all);

  void error(String text, Throwable thrown);
}
