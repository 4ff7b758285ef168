CREATE TABLE `integers` (
  `a` tinyint DEFAULT NULL,
  `b` smallint NOT NULL,
  `c` mediumint DEFAULT NULL,
  `d` int unsigned DEFAULT NULL,
  `e` bigint unsigned NOT NULL AUTO_INCREMENT,
  `f` int(5) unsigned zerofill DEFAULT NULL,
  PRIMARY KEY (`e`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci