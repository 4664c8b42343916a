import java.io.File;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.changelog.ChangeLogParameters;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.DatabaseList;
import liquibase.parser.ChangeLogParserFactory;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.resource.ResourceAccessor;
import liquibase.sql.Sql;
import liquibase.sql.visitor.SqlVisitor;
import liquibase.sqlgenerator.SqlGeneratorFactory;
import liquibase.statement.SqlStatement;

/**
 * The SQL that Liquibase generates for each changeset of some changelogs, and for its rollback, without a database. Arguments: a
 * folder, a folder for its own files, the short names of databases (a, b, c), changelog files. Output: one line of JSON per
 * changeset and database. A changeset that Liquibase refuses has "refused" instead of "sql"; one run stands for thousands of
 * starts of its command line.
 */
public class GenerateSql {
  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err);
    java.util.logging.LogManager.getLogManager().reset();
    ResourceAccessor files = new DirectoryResourceAccessor(new File(arguments[0]));
    Map<String, Object> scope = new HashMap<>();
    scope.put(Scope.Attr.resourceAccessor.name(), files);
    Scope.child(scope, () -> {
      for (String name : arguments[2].split(",")) {
        String url = "offline:" + name + "?outputLiquibaseSql=none&changeLogFile=" + arguments[1] + "/" + name + ".csv";
        for (int at = 3; at < arguments.length; at++) generate(arguments[at], name, url, files, out);
      }
    });
    out.flush();
    System.exit(0);
  }

  static void generate(String file, String name, String url, ResourceAccessor files, PrintStream out) throws Exception {
    Database database = DatabaseFactory.getInstance().openDatabase(url, null, null, null, files);
    DatabaseChangeLog changelog =
        ChangeLogParserFactory.getInstance().getParser(file, files).parse(file, new ChangeLogParameters(database), files);
    for (ChangeSet changeSet : changelog.getChangeSets()) {
      if (changeSet.getObjectQuotingStrategy() != null) database.setObjectQuotingStrategy(changeSet.getObjectQuotingStrategy());
      List<SqlVisitor> visitors = new ArrayList<>();
      for (SqlVisitor visitor : changeSet.getSqlVisitors()) {
        if (DatabaseList.definitionMatches(visitor.getApplicableDbms(), database, true)) visitors.add(visitor);
      }
      for (Change change : changeSet.getChanges()) {
        StringBuilder line = new StringBuilder("{\"file\":" + json(file) + ",\"database\":" + json(name));
        line.append(",\"id\":").append(json(changeSet.getId()));
        line.append(apply(change, database, visitors)).append(undo(change, database, visitors));
        out.println(line.append("}"));
      }
    }
  }

  static String apply(Change change, Database database, List<SqlVisitor> visitors) {
    try {
      change.finishInitialization();
      if (!change.supports(database)) return ",\"refused\":\"not supported\"";
      List<String> problems = change.validate(database).getErrorMessages();
      if (problems.size() > 0) return ",\"refused\":" + json(String.join("; ", problems));
      return ",\"sql\":" + json(sqlOf(change.generateStatements(database), database, visitors));
    } catch (Throwable failure) {
      return ",\"refused\":" + json(failure.getClass().getSimpleName() + ": " + failure.getMessage());
    }
  }

  static String undo(Change change, Database database, List<SqlVisitor> visitors) {
    try {
      if (!change.supports(database)) return "";
      List<SqlVisitor> wanted = new ArrayList<>();
      for (SqlVisitor visitor : visitors) if (visitor.isApplyToRollback()) wanted.add(visitor);
      return ",\"rollback\":" + json(sqlOf(change.generateRollbackStatements(database), database, wanted));
    } catch (Throwable failure) {
      return "";
    }
  }

  static List<String> sqlOf(SqlStatement[] statements, Database database, List<SqlVisitor> visitors) {
    List<String> texts = new ArrayList<>();
    for (SqlStatement statement : statements) {
      Sql[] generated = SqlGeneratorFactory.getInstance().generateSql(statement, database);
      if (generated == null) continue;
      for (Sql one : generated) {
        String text = one.toSql();
        for (SqlVisitor visitor : visitors) text = visitor.modifySql(text, database);
        texts.add(text);
      }
    }
    return texts;
  }

  static String json(List<String> texts) {
    List<String> parts = new ArrayList<>();
    for (String text : texts) parts.add(json(text));
    return "[" + String.join(",", parts) + "]";
  }

  static String json(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char one : text.toCharArray()) {
      if (one == '"' || one == '\\') quoted.append('\\').append(one);
      else if (one < 32 || one > 126) quoted.append(String.format("\\u%04x", (int) one));
      else quoted.append(one);
    }
    return quoted.append('"').toString();
  }
}
