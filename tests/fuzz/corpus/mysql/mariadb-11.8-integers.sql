CREATE TABLE `integers` (
  `a` tinyint(4) DEFAULT NULL,
  `b` smallint(6) NOT NULL,
  `c` mediumint(9) DEFAULT NULL,
  `d` int(10) unsigned DEFAULT NULL,
  `e` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `f` int(5) unsigned zerofill DEFAULT NULL,
  PRIMARY KEY (`e`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci